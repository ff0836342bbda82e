// Rule 6: a lease names its fine, and an operator's fines on results that are not settled never exceed what it pledged to the escrow.
import { type Address, checkedFineOf, fineOf, trustTerms } from "@starling/protocol";
import type { Escrow } from "../ledger/escrow.ts";
import type { Job } from "../ledger/job.ts";
import { reachesHosts } from "../program.ts";
import { type CoordinatorState, isChainless, planted } from "../state.ts";
import { smaller } from "./amounts.ts";
import { chainSeconds, longestSpanMs } from "./clock.ts";

/** On which terms a lease may be made. */
export interface Admission {
  /** Base units. */
  readonly fine: bigint;
  /** The pledge does not reach: its result is audited whatever the lottery says, so that a smaller fine deters as much. */
  readonly checked: boolean;
}

/** Whose stake stands behind results of which job. */
interface Standing {
  readonly job: Job;
  readonly operator: Address;
}

/** The fine of a new lease by what the operator's pledge to the escrow still covers. */
export function admissionOf(
  state: CoordinatorState,
  { job, operator, price, step }: Standing & { readonly price: bigint; readonly step: string },
): Admission {
  // Without a chain there is no stake, and nobody is fined: whoever runs the fleet knows its machines. Probation and lottery stay.
  if (isChainless(state) || reachesHosts(job, step)) return { fine: 0n, checked: false };
  const free = coverOf(state, { job, operator });
  const terms = trustTerms(job.submission.spec.trust);
  const fine = fineOf(terms, price);
  if (fine <= free || planted(state, "ignorePledge")) return { fine, checked: false };
  const least = checkedFineOf(terms, price);
  return { fine: smaller(least, free), checked: true };
}

/** What the operator's confirmed pledge still covers; nothing when it may end before a lease of now is settled. Base units. */
export function coverOf(state: CoordinatorState, { job, operator }: Standing): bigint {
  const escrow = state.ledger.escrows.get(job.escrowId);
  if (escrow === undefined || pledgeEndsTooSoon(state, escrow, { job, operator })) return 0n;
  const free = (escrow.chain.pledges.get(operator) ?? 0n) - (escrow.fines.get(operator) ?? 0n);
  return free > 0n ? free : 0n;
}

/** Whether a pledge ends while its escrow, prolonged since, goes on: anyone may release it then. */
export function pledgeEndsTooSoon(state: CoordinatorState, escrow: Escrow, { job, operator }: Standing): boolean {
  const endsAt = escrow.chain.pledgeTerms.get(operator)?.releaseAtSeconds;
  if (endsAt === undefined) return false;
  const { finalityMs, auditWaitMs } = state.config.policy;
  // A lease, its result's window, and one audit with a lease of its own.
  const neededMs = 2 * longestSpanMs(state, job) + finalityMs + auditWaitMs;
  const now = chainSeconds(state, state.presence.turnAt);
  // Where the escrow itself ends then, the work does so too: results are settled before it.
  const isEscrowsEnd = endsAt >= escrow.chain.deadlineSeconds + state.config.windows.disputeSeconds;
  return !isEscrowsEnd && endsAt < now + Math.ceil(neededMs / 1_000);
}
