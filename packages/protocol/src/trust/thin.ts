// Thin classes are dangerous: the share of colluding operators is a share of those who can run the class, and few are soon bought.
import type { TrustTerms } from "./terms.ts";

/** How many distinct operators should be able to run a job. */
export interface OperatorsWanted {
  /** With fewer, tasks wait: every replica needs an operator of its own, and so does an audit. */
  readonly least: number;
  /** With fewer, one operator is a larger share of the class than the level is meant to hold against. */
  readonly recommended: number;
}

/** For two replicas: one operator of twenty is 5 %, and two that collude are the 10 % that the level is described for. */
export const quorumOperators = 20;

/** For three and more: the level is bought against 10 % too, and with fewer than fifty five lone operators make that up. */
export const strongOperators = 50;

/** What the terms want. One replica is a bet on money and not on numbers: somebody else must be there to audit, no more. */
export function operatorsWanted({ replicas, auditPpm }: Pick<TrustTerms, "replicas" | "auditPpm">): OperatorsWanted {
  const least = replicas + (auditPpm > 0 ? 1 : 0);
  const recommended = replicas === 1 ? least : replicas === 2 ? quorumOperators : strongOperators;
  return { least, recommended };
}
