// Thin classes are dangerous: the share of colluding operators is a share of those who can run the class, and few are soon bought.
import { trustTable } from "./constants.ts";
import type { TrustTerms } from "./terms.ts";

/** How many distinct operators should be able to run a job. */
export interface OperatorsWanted {
  /** With fewer, tasks wait: every replica needs an operator of its own, and so does an audit. */
  readonly least: number;
  /** With fewer, one operator is a larger share of the class than the level is meant to hold against. */
  readonly recommended: number;
}

/** Distinct operators below which a class is thin for two replicas. */
export const quorumOperators = trustTable.quorumOperators.value;

/** The same for three and more. */
export const strongOperators = trustTable.strongOperators.value;

/** What the terms want. One replica is a bet on money and not on numbers: somebody else must be there to audit, no more. */
export function operatorsWanted({ replicas, auditPpm }: Pick<TrustTerms, "replicas" | "auditPpm">): OperatorsWanted {
  const least = replicas + (auditPpm > 0 ? 1 : 0);
  const recommended = replicas === 1 ? least : replicas === 2 ? quorumOperators : strongOperators;
  return { least, recommended };
}
