// Token buckets, one per key, bounded in number.

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Lets each key act so many times a second, with a burst of the same size. */
export class RateBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #keysMax: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: { readonly perSecond: number; readonly burst: number; readonly keysMax: number }) {
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
    this.#keysMax = options.keysMax;
  }

  /** Takes tokens at the given moment of a monotonic clock; false when there are too few, and then none is taken. */
  take(key: string, nowMs: number, cost = 1): boolean {
    const known = this.#buckets.get(key);
    const earned = known === undefined ? 0 : ((nowMs - known.atMs) * this.#perSecond) / 1_000;
    const tokens = Math.min(this.#burst, (known?.tokens ?? this.#burst) + earned);
    // Reinserting keeps the map in order of use, so that the first key is the one to forget.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: tokens >= cost ? tokens - cost : tokens, atMs: nowMs });
    if (this.#buckets.size > this.#keysMax) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return tokens >= cost;
  }
}
