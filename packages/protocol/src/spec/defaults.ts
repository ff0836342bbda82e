// What a job document may leave out, each with its reason.
import { hour, minute } from "@starling/kernel";

const mebibyte = 1024 * 1024;

export const documentDefaults = {
  /** One core: WASI programs have no threads. */
  cpuCores: 1,
  /** Enough for the small models and tables of a first job, small enough for every worker. */
  memoryBytes: 256 * mebibyte,
  diskBytes: 256 * mebibyte,
  gpuCount: 1,
  /** Long enough for most tasks; a program that never ends costs no more than this. */
  timeoutMs: 10 * minute,
  deadlineMs: hour,
  /** Base units: 0.01 USD. The cap, not the price: workers ask, the cheaper is drawn first. */
  perTask: 10_000n,
  seed: 0,
  /** Enough for a small model with its optimiser; it counts beside the memory of the task. */
  checkpointBytes: 64 * mebibyte,
  /** What a machine that dies costs at most, beside the time that the program lets pass between two. */
  checkpointEveryMs: 30_000,
  /** Time for one step of training and for writing it down. */
  checkpointGraceMs: 10_000,
} as const;
