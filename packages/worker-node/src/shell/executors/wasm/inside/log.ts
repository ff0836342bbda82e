// What a program says: its captured log with a cap, and its progress lines.
import type { RunProgress } from "../../executor.ts";

/** Keeps the first bytes of a log and counts the rest. */
export class LogBuffer {
  readonly #chunks: Uint8Array[] = [];
  readonly #bytesMax: number;
  #kept = 0;
  #dropped = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  take(bytes: Uint8Array): void {
    const fits = bytes.slice(0, this.#bytesMax - this.#kept);
    if (fits.length > 0) this.#chunks.push(fits);
    this.#kept += fits.length;
    this.#dropped += bytes.length - fits.length;
  }

  /** The log as text, with a last line that says what is missing. */
  text(): string {
    const decoder = new TextDecoder();
    const parts = this.#chunks.map((chunk) => decoder.decode(chunk, { stream: true }));
    const text = parts.join("") + decoder.decode();
    return this.#dropped === 0 ? text : `${text}\n[${this.#dropped} more bytes of log were dropped]\n`;
  }
}

/** A longer progress line is ignored. */
const LINE_BYTES_MAX = 1_024;

/** Progress is passed on at most this often, in milliseconds; the newest always gets through in the end. */
const INTERVAL_MS = 50;

/** Parses `/progress`: JSON lines of `{done, total, metric?}`. Anything else is ignored, never an error. */
export class ProgressLines {
  readonly #report: (progress: RunProgress) => void;
  readonly #clock: () => number;
  #line: number[] = [];
  #waiting: RunProgress | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(report: (progress: RunProgress) => void, clock: () => number) {
    this.#report = report;
    this.#clock = clock;
  }

  take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === 0x0a) this.#endLine();
      else if (this.#line.length <= LINE_BYTES_MAX) this.#line.push(byte);
    }
  }

  /** Passes on what is still waiting. */
  flush(): void {
    if (this.#waiting === undefined) return;
    this.#report(this.#waiting);
    this.#waiting = undefined;
    this.#reportedAt = this.#clock();
  }

  #endLine(): void {
    const progress = this.#line.length > LINE_BYTES_MAX ? undefined : parseProgress(Uint8Array.from(this.#line));
    this.#line = [];
    if (progress === undefined) return;
    this.#waiting = progress;
    if (this.#clock() - this.#reportedAt >= INTERVAL_MS) this.flush();
  }
}

function parseProgress(bytes: Uint8Array): RunProgress | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { done, total, metric } = value as Record<string, unknown>;
  if (!isAmount(done) || !isAmount(total)) return undefined;
  return typeof metric === "number" && Number.isFinite(metric) ? { done, total, metric } : { done, total };
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
