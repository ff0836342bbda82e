// What a level of Starling's promises in numbers, as the arena plays it: from the real terms, fines and policy.
import { defaultPolicy } from "@starling/coordinator/core";
import { checkedFineOf, fineOf, ppm, type Trust, type TrustTerms, trustTerms } from "@starling/protocol";
import { costOfWork, whole } from "../arena.ts";

/** What the rules of a level are. */
export interface Rules {
  readonly name: string;
  readonly terms: TrustTerms;
  /** Passed checks until an operator is no newcomer any more. */
  readonly probationChecks: number;
  /** Tasks at the beginning of the job that are run twice, where there is one replica. */
  readonly canaries: number;
  /** Results of one operator that are not settled, on average: the finality window as it appears to a worker. */
  readonly windowResults: number;
  /** Whether a caught operator's unsettled results are all checked again. */
  readonly retroChecks: boolean;
  /** The fine of a lease is divided by this: what happens when it is too small. One is what the protocol says. */
  readonly fineDividedBy: number;
  /** Whether the payer's own machine settles mismatches; else fresh replicas do. */
  readonly hasReferee: boolean;
}

/** Five seconds of a machine with four tasks a second, or ten minutes of one with two a minute. */
export const WINDOW_RESULTS = 20;

/** The rules of a level, different as said. */
export function rulesOf(name: string, trust: Trust, other: Partial<Omit<Rules, "name" | "terms">> = {}): Rules {
  return {
    name,
    terms: trustTerms(trust),
    probationChecks: defaultPolicy.probationChecks,
    canaries: defaultPolicy.canaries,
    windowResults: WINDOW_RESULTS,
    retroChecks: true,
    fineDividedBy: 1,
    hasReferee: true,
    ...other,
  };
}

/** The fine of a lease whose operator has pledged enough, millionths of the price. */
export function fineOfRules({ terms, fineDividedBy }: Rules): number {
  return Math.floor(Number(fineOf(terms, BigInt(whole))) / fineDividedBy);
}

/** The fine that deters from a lie that is checked for certain. */
export function leastFineOfRules({ terms, fineDividedBy }: Rules): number {
  return Math.floor(Number(checkedFineOf(terms, BigInt(whole))) / fineDividedBy);
}

/** A lease as one who wants profit looks at it. */
export interface Prospect {
  /** The fine that the lease names. */
  readonly fine: number;
  /** Whether the price is paid with the check only, for want of a pledge. */
  readonly isUnderfined: boolean;
  /** Whether a check is certain, and not left to the lottery. */
  readonly isChecked: boolean;
  /** Whether all answers that are asked for are the coalition's. */
  readonly holdsEnough: boolean;
  /** Share of the coalition, percent. */
  readonly percent: number;
}

/**
 * What a lie is expected to bring more than honest work. Whoever holds all replicas is paid and keeps it, has saved the work and gains
 * what the wrong result is worth; an audit by somebody honest costs the fine. Beside an honest replica the referee is certain.
 */
export function advantageOf(rules: Rules, { fine, isUnderfined, isChecked, holdsEnough, percent }: Prospect): number {
  const { replicas, auditPpm, valueTimes } = rules.terms;
  if (!holdsEnough) return costOfWork - whole - fine;
  const gain = Math.ceil((valueTimes * whole) / replicas);
  const honestPpm = ((100 - percent) * ppm) / 100;
  const caughtPpm = isChecked ? honestPpm : Math.floor((auditPpm * honestPpm) / ppm);
  const lost = fine + gain + (isUnderfined ? whole : 0);
  return costOfWork + gain - Math.floor((caughtPpm * lost) / ppm);
}
