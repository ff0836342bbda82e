// Read model of fines: what became of each, and of one that is not settled, whose step it waits for and until when.
import { type Address, disputeIdOf, type Hash, type LeaseId } from "@starling/protocol";
import { openDisputes } from "../disputes/review.ts";
import { stageOf } from "../disputes/stage.ts";
import type { Dispute } from "../ledger/dispute.ts";
import type { Escrow } from "../ledger/escrow.ts";
import type { FineDue } from "../ledger/operator.ts";
import type { CoordinatorState } from "../state.ts";

/** What became of a fine. Only the court takes one. */
export interface FineView {
  readonly leaseId: LeaseId;
  readonly worker: Address;
  readonly operator: Address;
  /** Base units, as the lease named it. */
  readonly amount: bigint;
  /** The dispute about the answer; null where there is none. */
  readonly disputeId: Hash | null;
  readonly state: "due" | "disputed" | "collected" | "refused";
  /** What the court took, base units. */
  readonly taken: bigint;
  /** Why, or what it waits for. */
  readonly message: string;
  /** When time alone ends the wait, block seconds; null where it does not. */
  readonly untilSeconds: number | null;
}

/** All fines of an escrow, oldest first. */
export function finesOf(state: CoordinatorState, escrow: Escrow): readonly FineView[] {
  return [...escrow.finesDue.values()].map((due) => viewOf(state, escrow, due));
}

/** What an operator may still be fined here, and what the court has taken. */
export function operatorFines(
  { ledger }: CoordinatorState,
  operator: Address,
): { readonly finesDue: bigint; readonly finesTaken: bigint } {
  let [finesDue, finesTaken] = [0n, 0n];
  for (const { finesDue: fines } of ledger.escrows.values()) {
    for (const { operator: owner, amount, outcome } of fines.values()) {
      if (owner !== operator) continue;
      if (outcome === null) finesDue += amount;
      else if (outcome.kind === "collected") finesTaken += outcome.amount;
    }
  }
  return { finesDue, finesTaken };
}

function viewOf(state: CoordinatorState, escrow: Escrow, due: FineDue): FineView {
  const { leaseId, worker, operator, amount, outcome } = due;
  const disputeId = disputeIdIn(state, escrow, due);
  const about = { leaseId, worker, operator, amount, disputeId, untilSeconds: null };
  if (outcome?.kind === "collected") {
    const message = "a jury found another answer, and the court took it from the pledge";
    return { ...about, state: "collected", taken: outcome.amount, message };
  }
  if (outcome?.kind === "refused") return { ...about, state: "refused", taken: 0n, message: outcome.reason.message };
  const dispute = openDisputes(state, escrow).find(({ accused }) => accused.has(leaseId));
  if (dispute === undefined && due.slash !== undefined) {
    const { refused } = due.slash;
    const message = "two signed answers of one attempt are on their way to the court";
    return {
      ...about,
      state: "disputed",
      taken: 0n,
      message: refused === null ? message : `${message}; ${refused.message}`,
    };
  }
  if (dispute === undefined) return { ...about, state: "due", taken: 0n, message: "nobody has disputed the answer" };
  const isOpen = dispute.chain.opensAtSeconds !== null;
  const { untilSeconds } = stageOf(state, dispute);
  return { ...about, state: isOpen ? "disputed" : "due", taken: 0n, message: waitsFor(state, dispute), untilSeconds };
}

function disputeIdIn({ ledger }: CoordinatorState, { escrowId }: Escrow, { leaseId }: FineDue): Hash | null {
  const lease = ledger.leases.get(leaseId);
  const disputeId = lease === undefined ? null : disputeIdOf(escrowId, lease.taskSpec);
  return disputeId !== null && ledger.disputes.has(disputeId) ? disputeId : null;
}

function waitsFor(state: CoordinatorState, dispute: Dispute): string {
  const { stage } = stageOf(state, dispute);
  const { refused, chain, step } = dispute;
  const trouble = refused === null ? "" : `; ${refused.reason.message}`;
  switch (stage) {
    case "wanted":
      if (refused !== null) return `its dispute could not be opened${trouble}`;
      return step === null
        ? `as many disputes are open as this coordinator has at a time, ${state.config.policy.disputesMax}`
        : "the opening of its dispute is on its way to the chain";
    case "evidence":
      return "further signers of wrong answers may be named";
    case "drawing":
      return `a jury is to be drawn${trouble}`;
    case "judging":
      return `${chain.jurors.length} jurors run the task again and vote`;
    default:
      return `the ruling is asked for${trouble}`;
  }
}
