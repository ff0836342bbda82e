// What a level of Starling's promises in numbers, as the arena plays it: from the real terms and fines.
import { checkedFineOf, fineOf, ppm, type Trust, type TrustTerms, trustTerms } from "@starling/protocol";
import { costOfWork, whole } from "../arena.ts";

/** What the rules of a level are. */
export interface Rules {
  readonly name: string;
  readonly terms: TrustTerms;
  /** Passed checks until an operator is no newcomer any more. */
  readonly probationChecks: number;
  /** Results of one operator that are not settled, on average: the finality window as it appears to a worker. */
  readonly windowResults: number;
  /** Whether a caught operator's unsettled results are all checked again. */
  readonly retroChecks: boolean;
  /** The fine of a lease is divided by this: what happens when it is too small. One is what the protocol says. */
  readonly fineDividedBy: number;
}

/** As the policy has it. */
const PROBATION_CHECKS = 20;
const WINDOW_RESULTS = 20;

/** The rules of a level, different as said. */
export function rulesOf(name: string, trust: Trust, other: Partial<Omit<Rules, "name" | "terms">> = {}): Rules {
  return {
    name,
    terms: trustTerms(trust),
    probationChecks: PROBATION_CHECKS,
    windowResults: WINDOW_RESULTS,
    retroChecks: true,
    fineDividedBy: 1,
    ...other,
  };
}

/** The fine of an ordinary lease, and of one that is checked whatever the lottery says; millionths of the price. */
export function finesOf({ terms, fineDividedBy }: Rules): { readonly normal: number; readonly checked: number } {
  const price = BigInt(whole);
  return {
    normal: Math.floor(Number(fineOf(terms, price)) / fineDividedBy),
    checked: Math.floor(Number(checkedFineOf(terms, price)) / fineDividedBy),
  };
}

/** A lease as one who wants profit looks at it. */
export interface Prospect {
  /** Whether the lottery decides, or a check is certain. */
  readonly isChecked: boolean;
  /** Whether all answers that are asked for are the coalition's. */
  readonly holdsEnough: boolean;
  /** Share of the coalition, percent. */
  readonly percent: number;
}

/**
 * What a lie is expected to bring more than honest work. Whoever holds all replicas is paid and saves the work; an audit by somebody
 * honest costs the fine. A checked result is paid with its check only. Beside an honest replica the referee is certain.
 */
export function advantageOf(rules: Rules, { isChecked, holdsEnough, percent }: Prospect): number {
  const fines = finesOf(rules);
  const gain = Math.ceil((rules.terms.valueTimes * whole) / rules.terms.replicas);
  const honestPpm = ((100 - percent) * ppm) / 100;
  if (!holdsEnough) return costOfWork - whole - fines.normal;
  if (isChecked) return costOfWork + gain - Math.floor((honestPpm * (fines.checked + whole + gain)) / ppm);
  const caughtPpm = Math.floor((rules.terms.auditPpm * honestPpm) / ppm);
  return costOfWork + gain - Math.floor((caughtPpm * (fines.normal + gain)) / ppm);
}
