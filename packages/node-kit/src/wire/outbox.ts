// Gathers what one turn wants to send, so that a frame and its signature are shared by many items.

/** What waits for one peer: entries in the order in which they were asked for. */
interface Waiting<Entry> {
  readonly entries: Entry[];
  readonly done: Promise<void>;
}

/** Sends all entries of one peer; called once per turn and peer. */
export type Flush<Entry> = (peer: string, entries: readonly Entry[]) => Promise<void>;

/** Entries that are put in one tick leave together. */
export class Outbox<Entry> {
  readonly #flush: Flush<Entry>;
  readonly #waiting = new Map<string, Waiting<Entry>>();
  readonly #tails = new Map<string, Promise<void>>();

  constructor(flush: Flush<Entry>) {
    this.#flush = flush;
  }

  /** Resolves when the entry was sent; rejects when it could not be. */
  put(peer: string, entry: Entry): Promise<void> {
    const waiting = this.#waiting.get(peer);
    if (waiting !== undefined) {
      waiting.entries.push(entry);
      return waiting.done;
    }
    const entries: Entry[] = [entry];
    // One flush after the other for each peer, so that frames leave in the order of their turns.
    const before = this.#tails.get(peer) ?? Promise.resolve();
    const done = Promise.resolve().then(async () => {
      this.#waiting.delete(peer);
      await before.catch(() => undefined);
      await this.#flush(peer, entries);
    });
    this.#waiting.set(peer, { entries, done });
    this.#tails.set(peer, done);
    void done.catch(() => undefined).finally(() => this.#tails.get(peer) === done && this.#tails.delete(peer));
    return done;
  }
}

/** Splits a list into pieces of at most `size`. */
export function pieces<T>(list: readonly T[], size: number): readonly T[][] {
  const split: T[][] = [];
  for (let start = 0; start < list.length; start += size) split.push(list.slice(start, start + size));
  return split;
}
