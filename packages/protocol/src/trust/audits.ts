// How many answers a job may have to pay for beside its replicas: the budget must hold them, or an audit would wait for money.
import { trustTable } from "./constants.ts";
import { ppm, type TrustTerms } from "./terms.ts";

/** Standard deviations above the expected number of audits. */
export const auditMargin = trustTable.auditMargin.value;

/** Results of a job with one replica that may be checked whatever the lottery says. */
export const checkedReserve = trustTable.checkedReserve.value;

/** Answers that a job of so many tasks reserves money for beside its replicas; at most one for each task. */
export function auditsReserved(terms: Pick<TrustTerms, "replicas" | "auditPpm">, tasks: number): bigint {
  const all = BigInt(tasks);
  const rate = BigInt(terms.auditPpm);
  const million = BigInt(ppm);
  const spread = auditMargin * rootUp(all * rate * (million - rate));
  const drawn = (all * rate + spread + million - 1n) / million;
  const reserved = terms.replicas === 1 ? drawn + checkedReserve : drawn;
  return reserved < all ? reserved : all;
}

// The least integer whose square is not below the value: Newton's method from above.
function rootUp(value: bigint): bigint {
  if (value < 2n) return value;
  let root = value;
  for (let next = (root + 1n) / 2n; next < root; next = (root + value / root) / 2n) root = next;
  return root * root === value ? root : root + 1n;
}
