// Starting a process holds the event loop up for milliseconds: many at once would hold it up for as long as all of them.

/** Lets callers pass one after the other, each in a turn of the event loop of its own. */
export class Turnstile {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn; what he does before he next waits is done alone. */
  pass(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.#last;
  }
}
