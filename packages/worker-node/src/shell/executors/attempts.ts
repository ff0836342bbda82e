// The attempts that an executor has under way, for its end: it closes when none is left.
import type { RunOutcome } from "./executor.ts";

/** Attempts from their start to their outcome. */
export class Attempts {
  readonly #running = new Set<Promise<RunOutcome>>();

  /** Counts the attempt until its outcome is there, and gives that. */
  async count(attempt: Promise<RunOutcome>): Promise<RunOutcome> {
    this.#running.add(attempt);
    try {
      return await attempt;
    } finally {
      this.#running.delete(attempt);
    }
  }

  /** Resolves when all that are counted now have ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
