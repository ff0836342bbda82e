// The draw of an operator: weighted by what it has at stake, up to a cap. Names are free: neither nodes nor names without a stake are counted.
import type { RandomStream } from "@starling/kernel";
import { type Address, amountDecimals } from "@starling/protocol";
import type { Job } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";

/** Weights are thousandths of a token: rounding down takes from many small pledges and never gives. */
const weightsPerToken = 1_000n;
const unitsPerWeight = 10n ** BigInt(amountDecimals) / weightsPerToken;

/**
 * Weight of an operator in a draw: its pledge to the job's escrow up to a cap; nothing without a pledge. Up to the cap it is in proportion,
 * so that one pledge weighs the same under one name and under a thousand. A coordinator sees pledges and not stakes; a pledge is the part
 * of a stake that this payer can lose somebody, so it is the part that counts here.
 */
export function weightOf(state: CoordinatorState, job: Job, operator: Address): number {
  const pledged = state.ledger.escrows.get(job.escrowId)?.chain.pledges.get(operator) ?? 0n;
  return weightOfPledge(pledged, state.config.policy.drawCap);
}

/** Weight of a pledge of so many base units under a cap in whole tokens. */
export function weightOfPledge(pledged: bigint, capTokens: number): number {
  const weight = pledged / unitsPerWeight;
  const cap = BigInt(capTokens) * weightsPerToken;
  return Number(weight < cap ? weight : cap);
}

/**
 * A bowl of lots: each value is drawn with a chance in proportion to its weight, a whole number. Those without weight are newcomers: all of
 * them together have a few percent of the largest weight and are drawn alike, so that they get work, and no more of it by being many.
 * Where nobody has a weight all are alike. The order of the list does not matter to anybody's chance.
 */
export class Lots<T> {
  readonly #staked: (readonly [T, number])[] = [];
  readonly #newcomers: T[] = [];
  readonly #joint: number;
  readonly #total: number;

  constructor(rows: Iterable<readonly [T, number]>, newcomerPercent: number) {
    let [total, largest] = [0, 0];
    for (const row of rows) {
      const [value, weight] = row;
      if (weight === 0) this.#newcomers.push(value);
      else this.#staked.push(row);
      total += weight;
      largest = Math.max(largest, weight);
    }
    this.#joint = this.#newcomers.length === 0 ? 0 : Math.max(1, Math.floor((largest * newcomerPercent) / 100));
    this.#total = total + this.#joint;
  }

  /** One of the values; undefined when there is none. */
  draw(random: RandomStream): T | undefined {
    if (this.#total === 0) return undefined;
    let left = random.below(this.#total);
    for (const [value, weight] of this.#staked) {
      if (left < weight) return value;
      left -= weight;
    }
    return this.#newcomers[random.below(this.#newcomers.length)];
  }
}
