// Things that come due one constant delay after they were put in.

const COMPACT_AFTER = 4_096;

/** A queue with one delay. */
export class Schedule<Item> {
  readonly #delay: number;
  #queue: { readonly item: Item; readonly dueAt: number }[] = [];
  #first = 0;
  now = 0;

  constructor(delay: number) {
    this.#delay = delay;
  }

  get isEmpty(): boolean {
    return this.#first === this.#queue.length;
  }

  add(item: Item): void {
    this.#queue.push({ item, dueAt: this.now + this.#delay });
  }

  /** The next thing that is due, or null. */
  takeDue(): Item | null {
    const next = this.#queue[this.#first];
    if (next === undefined || next.dueAt > this.now) return null;
    this.#first += 1;
    if (this.#first > COMPACT_AFTER && 2 * this.#first > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    return next.item;
  }

  /** What waits now; things that are added meanwhile are not among them. */
  waiting(): Item[] {
    return this.#queue.slice(this.#first).map(({ item }) => item);
  }
}
