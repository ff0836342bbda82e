// Begun tasks that wait for more answers, and who gets which: the coordinator's rule for askers (`pick.ts`), at the speed of the arena.
import type { RandomStream } from "@starling/kernel";

/** As many draws and rounds as the coordinator makes. */
const DRAWS_MAX = 16;

/** What waits, in no order. */
export class Pool<Item> {
  readonly #items: Item[] = [];
  readonly #place = new Map<Item, number>();
  readonly #random: RandomStream;

  constructor(random: RandomStream) {
    this.#random = random;
  }

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): void {
    if (this.#place.has(item)) return;
    this.#place.set(item, this.#items.length);
    this.#items.push(item);
  }

  remove(item: Item): void {
    const place = this.#place.get(item);
    const last = place === undefined ? undefined : this.#items.pop();
    this.#place.delete(item);
    if (place === undefined || last === undefined || last === item) return;
    this.#items[place] = last;
    this.#place.set(last, place);
  }

  /** Whether an asker is given one of them: each has the same chance, one in so many as ask in a few rounds. */
  isForBegun(asksInRounds: number): boolean {
    return this.#random.below(Math.max(1, asksInRounds, this.#items.length)) < this.#items.length;
  }

  /** One that fits, out of a few draws. */
  draw(fits: (item: Item) => boolean): Item | null {
    for (let i = 0; i < DRAWS_MAX && this.#items.length > 0; i += 1) {
      const item = this.#items[this.#random.below(this.#items.length)];
      if (item !== undefined && fits(item)) return item;
    }
    return null;
  }

  /** The first that fits of all. */
  find(fits: (item: Item) => boolean): Item | null {
    return this.#items.find(fits) ?? null;
  }
}
