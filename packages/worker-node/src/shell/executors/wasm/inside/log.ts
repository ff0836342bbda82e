// What a program says: its captured log with a cap, and its progress lines.
import type { RunProgress } from "../../executor.ts";

/** So many writes are passed on at once, since a program that hangs soon after them would take them with it. */
const PROMPT_WRITES = 64;

/** After those, a log is passed on in batches of this size or age. */
const BATCH_BYTES = 4_096;
const BATCH_MS = 20;

/** Passes on the first bytes of a log and counts the rest. */
export class LogStream {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #clock: () => number;
  #left: number;
  #dropped = 0;
  #writes = 0;
  #batch: number[] = [];
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(options: { bytesMax: number; send: (bytes: Uint8Array) => void; clock: () => number }) {
    this.#left = options.bytesMax;
    this.#send = options.send;
    this.#clock = options.clock;
  }

  take(bytes: Uint8Array): void {
    const fits = bytes.subarray(0, this.#left);
    this.#dropped += bytes.length - fits.length;
    if (fits.length === 0) return;
    this.#left -= fits.length;
    this.#writes += 1;
    for (const byte of fits) this.#batch.push(byte);
    const now = this.#clock();
    const due = this.#batch.length >= BATCH_BYTES || now - this.#sentAt >= BATCH_MS;
    if (due || this.#writes <= PROMPT_WRITES) this.#flush(now);
  }

  /** Passes on what is left, and a last line that says what is missing. */
  end(): void {
    if (this.#dropped > 0) {
      const notice = `\n[${this.#dropped} more bytes of log were dropped]\n`;
      for (const byte of new TextEncoder().encode(notice)) this.#batch.push(byte);
    }
    this.#flush(this.#clock());
  }

  #flush(now: number): void {
    if (this.#batch.length > 0) this.#send(Uint8Array.from(this.#batch));
    this.#batch = [];
    this.#sentAt = now;
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
