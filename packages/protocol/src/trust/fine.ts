// Rule 6: the fine that makes cheating a loss for a stranger who has no name to lose (reference: pre-locked proportional fines).
import { ppm, type TrustTerms } from "./terms.ts";

/** Safety over the break-even fine: estimates of gain and of detection are rough. */
export const fineSafety = 2n;

/** An audit by an accomplice finds nothing; with so many percent of operators in one coalition the rest still counts. */
export const honestPercent = 90n;

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
