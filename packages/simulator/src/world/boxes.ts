// The machines under the workers: one that several names share computes their challenges one after the other.
import type { Millis, RandomStream } from "@starling/kernel";

/** The machine that a worker really runs on. Left out, products take no time. */
export interface Box {
  /** Workers with the same name share one. */
  readonly name: string;
  /** How long a product takes on it. */
  readonly productMs: (random: RandomStream) => Millis;
  /** What it says that it was measured to do, million multiplications a second. */
  readonly matrix: number;
}

/** When each machine has time again. */
export class Boxes {
  readonly #freeAt = new Map<string, Millis>();

  /** The moment at which work that comes now and takes so long is done. */
  doneAt(name: string, { now, takesMs }: { readonly now: Millis; readonly takesMs: Millis }): Millis {
    const doneAt = Math.max(now, this.#freeAt.get(name) ?? 0) + takesMs;
    this.#freeAt.set(name, doneAt);
    return doneAt;
  }
}
