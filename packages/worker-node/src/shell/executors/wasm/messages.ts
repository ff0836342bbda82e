// What the daemon and its sandbox say to each other. The sandbox's words are checked: the program may have broken out.
import type { FailureReason } from "../executor.ts";

/** Daemon to sandbox: run this. The parts are the program (if `carriesProgram`), then the inputs in order. */
export interface RunRequest {
  readonly programKey: string;
  readonly carriesProgram: boolean;
  /** Compiled programs to drop, so that both sides know what the sandbox still has. */
  readonly forget: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: readonly string[];
  readonly outputs: readonly { readonly name: string; readonly path: string }[];
  readonly memoryBytes: number;
  readonly canonicalNans: boolean;
  readonly fuel: number;
  readonly outputBytes: number;
  readonly outputFiles: number;
  readonly logBytes: number;
}

/** What the sandbox measured of one run. */
export interface RunMeasure {
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  readonly bytesOut: number;
  readonly fuel: number;
}

/** Sandbox to daemon. The parts of `completed` are the outputs in the order of the request; that of `log` is its bytes. */
export type SandboxMessage =
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly done: number; readonly total: number; readonly metric?: number }
  | { readonly type: "log" }
  | { readonly type: "completed"; readonly measure: RunMeasure }
  | {
      readonly type: "failed";
      readonly reason: FailureReason;
      readonly message: string;
      readonly exitCode?: number;
      readonly measure: RunMeasure;
    }
  | { readonly type: "broken"; readonly message: string };

const REASONS: ReadonlySet<string> = new Set<FailureReason>([
  "exit",
  "trap",
  "stackOverflow",
  "outOfFuel",
  "memory",
  "outputTooLarge",
  "missingOutput",
  "badModule",
  "badProgram",
]);

/** Checks the shape of what a sandbox said; undefined when it makes no sense. */
export function readSandboxMessage(header: unknown): SandboxMessage | undefined {
  if (!isRecord(header)) return undefined;
  switch (header.type) {
    case "ready":
    case "log":
      return { type: header.type };
    case "progress":
      return readProgress(header);
    case "completed": {
      const measure = readMeasure(header.measure);
      return measure && { type: "completed", measure };
    }
    case "failed":
      return readFailed(header);
    case "broken":
      return { type: "broken", message: printable(String(header.message)) };
    default:
      return undefined;
  }
}

function readProgress(header: Record<string, unknown>): SandboxMessage | undefined {
  const { done, total, metric } = header;
  if (!isNumber(done) || !isNumber(total)) return undefined;
  return { type: "progress", done, total, ...(isNumber(metric) ? { metric } : {}) };
}

function readFailed(header: Record<string, unknown>): SandboxMessage | undefined {
  const { reason, message, exitCode } = header;
  const measure = readMeasure(header.measure);
  if (!isReason(reason) || typeof message !== "string" || measure === undefined) return undefined;
  const failed = { type: "failed", reason, message: printable(message), measure } as const;
  return isNumber(exitCode) ? { ...failed, exitCode } : failed;
}

function readMeasure(value: unknown): RunMeasure | undefined {
  if (!isRecord(value)) return undefined;
  const { cpuMs, peakMemoryBytes, bytesOut, fuel } = value;
  if (!isNumber(cpuMs) || !isNumber(peakMemoryBytes) || !isNumber(bytesOut)) return undefined;
  if (typeof fuel !== "number" || !Number.isSafeInteger(fuel) || fuel < 0) return undefined;
  return { cpuMs, peakMemoryBytes, bytesOut, fuel };
}

const MESSAGE_LENGTH_MAX = 1_000;

// Messages quote the program's own names, and end up on terminals.
function printable(message: string): string {
  return message.slice(0, MESSAGE_LENGTH_MAX).replaceAll(/\p{C}/gu, "?");
}

function isReason(value: unknown): value is FailureReason {
  return typeof value === "string" && REASONS.has(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
