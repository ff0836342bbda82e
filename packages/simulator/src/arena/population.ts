// The operators of a row: the first ones are the coalition. Each has pledged a stake, or a part of one where one stake is split over names.
import { Lots } from "@starling/coordinator/core";
import { assert, type RandomStream } from "@starling/kernel";
import { whole } from "./arena.ts";

/** One operator under its present name. */
export interface Operator {
  readonly index: number;
  readonly isBad: boolean;
  /** What it has pledged, millionths of what everybody else has. */
  readonly stake: number;
  /** Accepted results since it came, or since it was last found out. */
  given: number;
  /** Whatever the scheme remembers of it: passed checks, consecutive valid results, a score. */
  standing: number;
}

/** Names under which a coalition appears. */
export interface Names {
  readonly count: number;
  /** Millionths of what one honest operator has at stake, over all names. */
  readonly stake: number;
}

/** Who takes part. */
export interface Crowd {
  readonly operators: number;
  /** Share of the coalition among them. */
  readonly percent: number;
  /** One member of the coalition with so many names, instead of many members. */
  readonly names: Names | null;
}

/** Who may be given work. */
export class Population {
  readonly all: readonly Operator[];
  readonly #living: Operator[];
  readonly #place: Map<number, number>;
  readonly #random: RandomStream;
  readonly #machines: number | null;
  #lots: { readonly weigh: (operator: Operator) => number; readonly of: Lots<Operator> } | null = null;

  constructor({ operators, percent, names }: Crowd, random: RandomStream) {
    const bad = names?.count ?? Math.round((operators * percent) / 100);
    const badStake = names === null ? whole : Math.floor(names.stake / names.count);
    const all = names === null ? operators : operators - 1 + names.count;
    this.all = Array.from({ length: all }, (_, index) => ({
      index,
      isBad: index < bad,
      stake: index < bad ? badStake : whole,
      given: 0,
      standing: 0,
    }));
    this.#living = [...this.all];
    this.#place = new Map(this.all.map(({ index }) => [index, index]));
    this.#random = random;
    this.#machines = names === null ? null : operators;
  }

  /** Asks until everybody had one on average: names that share a stake are one machine. */
  get perRound(): number {
    return this.#machines ?? this.#living.length;
  }

  get living(): number {
    return this.#living.length;
  }

  /** In an order of their own, the coalition side by side: they arrange who asks when. */
  inTurn(): Operator[] {
    const honest = this.#living.filter(({ isBad }) => !isBad);
    for (let i = honest.length - 1; i > 0; i -= 1) {
      const j = this.#random.below(i + 1);
      const [one, other] = [honest[i], honest[j]];
      if (one !== undefined && other !== undefined) [honest[i], honest[j]] = [other, one];
    }
    const at = this.#random.below(honest.length + 1);
    return [...honest.slice(0, at), ...this.#living.filter(({ isBad }) => isBad), ...honest.slice(at)];
  }

  lives(operator: Operator): boolean {
    return this.#place.has(operator.index);
  }

  /** Whether anybody is there whom the condition holds for. */
  some(holds: (operator: Operator) => boolean): boolean {
    return this.#living.some(holds);
  }

  /** One of them, by the coordinator's own draw among idle operators. */
  drawByStake(weigh: (operator: Operator) => number, newcomerPercent: number): Operator | null {
    if (this.#lots?.weigh !== weigh)
      this.#lots = {
        weigh,
        of: new Lots(
          this.#living.map((one) => [one, weigh(one)]),
          newcomerPercent,
        ),
      };
    return this.#lots.of.draw(this.#random) ?? null;
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
    this.#lots = null;
    const last = this.#living.pop();
    this.#place.delete(operator.index);
    if (last === undefined || last === operator) return;
    this.#living[place] = last;
    this.#place.set(last.index, place);
  }
}
