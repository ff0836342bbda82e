// The draw of an operator: weighted by what it has at stake, up to a cap. Addresses are free, so its nodes are never counted.
import type { RandomStream } from "@starling/kernel";
import { type Address, amountDecimals } from "@starling/protocol";
import type { Job } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";

const token = 10n ** BigInt(amountDecimals);

/**
 * Weight of an operator in a draw, in whole tokens: a base, and its pledge to the job's escrow up to a cap. A coordinator sees pledges and
 * not stakes; a pledge is the part of a stake that this payer can lose somebody, so it is the part that counts here.
 */
export function weightOf(state: CoordinatorState, job: Job, operator: Address): number {
  const { drawBase, drawCap } = state.config.policy;
  const pledged = state.ledger.escrows.get(job.escrowId)?.chain.pledges.get(operator) ?? 0n;
  const tokens = pledged / token;
  return drawBase + (tokens < BigInt(drawCap) ? Number(tokens) : drawCap);
}

/** Draws one of the values with a chance in proportion to its weight, a positive integer; the order of the list does not matter to anybody's chance. */
export function drawWeighted<T>(rows: readonly (readonly [T, number])[], random: RandomStream): T | undefined {
  const total = rows.reduce((sum, [, weight]) => sum + weight, 0);
  if (total <= 0) return undefined;
  let left = random.below(total);
  for (const [value, weight] of rows) {
    if (left < weight) return value;
    left -= weight;
  }
  return undefined;
}
