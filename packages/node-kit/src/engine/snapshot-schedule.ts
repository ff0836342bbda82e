// When a snapshot pays: after enough facts, and after as many journal bytes as the last snapshot had, so that a big state is not rewritten all day.

// Taking one holds up all who wait, so it is put off to a quiet moment, but not for ever.
const OVERDUE_FACTOR = 4;

/** Counts what was appended since the last snapshot. */
export class SnapshotSchedule {
  readonly #factsMin: number;
  #facts = 0;
  #bytes = 0;
  #bytesOfLast = 0;
  #pending: Promise<void> | undefined;

  constructor(factsMin: number) {
    this.#factsMin = factsMin;
  }

  /** Whether to take one now; `quiet` says that nobody waits for a turn. */
  isDue(quiet: boolean): boolean {
    const factor = quiet ? 1 : OVERDUE_FACTOR;
    return (
      this.#pending === undefined && this.#facts >= this.#factsMin * factor && this.#bytes >= this.#bytesOfLast * factor
    );
  }

  /** Resolves when no snapshot is being written. */
  get pending(): Promise<void> {
    return this.#pending ?? Promise.resolve();
  }

  appended(facts: number, bytes: number): void {
    this.#facts += facts;
    this.#bytes += bytes;
  }

  /** Facts that a recovery read after the snapshot count as not yet covered. */
  recovered(facts: number): void {
    this.#facts = facts;
  }

  /** A snapshot is being written; the promise resolves to its bytes and never rejects. */
  taking(saving: Promise<number>): void {
    this.#facts = 0;
    this.#bytes = 0;
    this.#pending = saving.then((bytes) => {
      this.#bytesOfLast = bytes;
      this.#pending = undefined;
    });
  }
}
