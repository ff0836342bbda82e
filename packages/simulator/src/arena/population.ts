// The operators of a row: the first ones are the coalition. Each stands for a stake of the same size, whatever it calls itself.
import { assert, type RandomStream } from "@starling/kernel";

/** One operator under its present name. */
export interface Operator {
  readonly index: number;
  readonly isBad: boolean;
  /** Accepted results since it came, or since it was last found out. */
  given: number;
  /** Whatever the scheme remembers of it: passed checks, consecutive valid results, a score. */
  standing: number;
}

/** Who may be given work. */
export class Population {
  readonly all: readonly Operator[];
  readonly #living: Operator[];
  readonly #place: Map<number, number>;
  readonly #random: RandomStream;

  constructor(size: { readonly operators: number; readonly percent: number }, random: RandomStream) {
    const bad = Math.round((size.operators * size.percent) / 100);
    this.all = Array.from({ length: size.operators }, (_, index) => ({
      index,
      isBad: index < bad,
      given: 0,
      standing: 0,
    }));
    this.#living = [...this.all];
    this.#place = new Map(this.all.map(({ index }) => [index, index]));
    this.#random = random;
  }

  get living(): number {
    return this.#living.length;
  }

  /** A uniformly drawn operator that is not among these, or null when there is none. */
  draw(others: readonly Operator[]): Operator | null {
    const out = others.filter((one) => this.#place.has(one.index)).length;
    if (this.#living.length <= out) return null;
    for (;;) {
      const drawn = this.#living[this.#random.below(this.#living.length)];
      assert(drawn !== undefined, "somebody lives");
      if (!others.includes(drawn)) return drawn;
    }
  }

  /** So many distinct ones; fewer when there are no more. */
  drawSet(count: number): Operator[] {
    const set: Operator[] = [];
    while (set.length < count) {
      const drawn = this.draw(set);
      if (drawn === null) break;
      set.push(drawn);
    }
    return set;
  }

  /** Throws one out; with `comesBack` it is there again at once, and nobody knows it. */
  expel(operator: Operator, comesBack: boolean): void {
    operator.given = 0;
    operator.standing = 0;
    const place = this.#place.get(operator.index);
    if (comesBack || place === undefined) return;
    const last = this.#living.pop();
    this.#place.delete(operator.index);
    if (last === undefined || last === operator) return;
    this.#living[place] = last;
    this.#place.set(last.index, place);
  }
}
