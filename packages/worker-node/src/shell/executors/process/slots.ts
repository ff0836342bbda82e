// A fixed number of places, handed out in turn: each has a folder and a user id of its own.

/** Numbers from 0 up, each lent to one holder at a time. */
export class Slots {
  readonly #free: number[];
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, (_, i) => count - 1 - i);
  }

  /** Waits for a free one; rejects when the signal aborts first. */
  async acquire(signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      const slot = this.#free.pop();
      if (slot !== undefined) return slot;
      await this.#freed(signal);
    }
  }

  release(slot: number): void {
    this.#free.push(slot);
    this.#waiting[0]?.();
  }

  async #freed(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        this.#waiting.splice(this.#waiting.indexOf(done), 1);
        resolve();
      };
      this.#waiting.push(done);
      signal.addEventListener("abort", done);
    });
  }
}
