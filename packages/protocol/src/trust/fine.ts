// Rule 6: the fine that makes cheating a loss for a stranger who has no name to lose (reference: pre-locked proportional fines).
import { trustTable } from "./constants.ts";
import { ppm, type TrustTerms } from "./terms.ts";

/** Safety over the break-even fine. */
export const fineSafety = trustTable.fineSafety.value;

/** Percent of audits that count, since the others may be made by accomplices. */
export const honestPercent = trustTable.honestPercent.value;

/**
 * F = kappa (g/R + c) / s, in base units, rounded up: g is the gain from a wrong result, c the price, R the replicas that must all lie,
 * s the chance that the lottery and an honest auditor find it. A result that is always checked has s = 1.
 */
export function fineOf(terms: Pick<TrustTerms, "replicas" | "auditPpm" | "valueTimes">, price: bigint): bigint {
  const { replicas, auditPpm, valueTimes } = terms;
  const gain = ceil(price * BigInt(valueTimes), BigInt(replicas));
  return ceil(fineSafety * (gain + price) * BigInt(ppm) * 100n, BigInt(auditPpm) * honestPercent);
}

/** The fine of a lease whose result is checked whatever the lottery says. */
export function checkedFineOf(terms: Pick<TrustTerms, "replicas" | "valueTimes">, price: bigint): bigint {
  return fineOf({ ...terms, auditPpm: ppm }, price);
}

function ceil(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
