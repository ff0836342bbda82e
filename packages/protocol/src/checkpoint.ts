// Checkpoints: how far a task has come, as a folder that its program leaves and goes on from.
import type { Cid } from "./ids.ts";

/** What a task is given for its checkpoints. It stands in the task's hash: a program can tell how much room there is. */
export interface CheckpointTerms {
  /** Room under `/ckpt`. */
  readonly bytes: number;
  /** While the task runs, one is kept at most so often. */
  readonly everyMs: number;
  /** From SIGTERM, which asks for a last one, to SIGKILL. */
  readonly graceMs: number;
}

/** A complete checkpoint: the folder `/ckpt/<step>` in one file. */
export interface Checkpoint {
  readonly step: number;
  readonly cid: Cid;
  readonly size: number;
}
