// The attacks of strangers' programs, as rows of a table: what each tries, and how it shows whether it got anywhere.
import type { RunOutcome, TaskRun } from "../../../src/shell/executors/executor.ts";

/** What attacks aim at on this machine; all of it made by the suite and harmless. */
export interface Targets {
  /** A secret in the daemon's environment and in a file that everybody may read. */
  readonly canary: string;
  readonly canaryFile: string;
  /** A TCP port on the loopback address, and two sockets, that count who connects. */
  readonly port: number;
  readonly socketPath: string;
  readonly abstractName: string;
  readonly connections: () => number;
  /** A process that does nothing. */
  readonly bystander: number;
  readonly bystanderLives: () => boolean;
  /** Processes and groups of the executor that are left. */
  readonly leftovers: () => readonly string[];
}

/** One attempt at an attack. */
export interface Attempt {
  readonly program: Uint8Array;
  readonly overrides?: Partial<TaskRun>;
}

/** An attack as one executor meets it. */
export interface Attack {
  readonly attempt: (targets: Targets) => Attempt;
  /** Null where it was contained, else what it did. */
  readonly reached: (outcome: RunOutcome, targets: Targets) => string | null;
}

/** The attacks by name, in the order of the table. */
export const attackNames = [
  "fork bomb",
  "memory in the program",
  "memory under /dev/shm and /tmp",
  "endless loop",
  "daemonised child that ignores signals",
  "disk fill",
  "inode fill",
  "the host's secret files and devices",
  "the host's readable files",
  "other processes' environment",
  "TCP to the host's loopback",
  "the host's Unix sockets, by path and abstract",
  "vsock",
  "killing other processes",
  "the kernel's surface: namespaces, io_uring, keys, bpf, perf, tracing, mounts",
  "log flood",
  "more CPU than one core",
  "hostile files among the outputs",
] as const;

/** A name in the table. */
export type AttackName = (typeof attackNames)[number];

/** What an executor does about an attack: contains it, or has nothing that it could be tried with. */
export type AttackTable = Readonly<Record<AttackName, Attack | { readonly impossible: string }>>;

/** The log, whatever the ending. */
export function logOf(outcome: RunOutcome): string {
  return outcome.kind === "infrastructure" ? "" : outcome.log;
}

/** Null when the run failed for one of these reasons, else how it ended. */
export function failedBy(outcome: RunOutcome, ...reasons: readonly string[]): string | null {
  if (outcome.kind === "failed" && reasons.includes(outcome.reason)) return null;
  return `${outcome.kind}${outcome.kind === "failed" ? ` by ${outcome.reason}` : ""}: ${logOf(outcome).slice(-200)}`;
}

/** Null when the program said exactly this. */
export function said(outcome: RunOutcome, text: string): string | null {
  return logOf(outcome) === text ? null : `${outcome.kind}: ${logOf(outcome).slice(-300)}`;
}
