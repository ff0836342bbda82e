// The confirmed view of the court: what each of its events changes, and how a reorg takes it back.
import { present } from "@starling/kernel";
import type { Address, ChainPlace, CourtEventBody } from "@starling/protocol";
import { slashedFine } from "../disputes/equivocation.ts";
import { type Dispute, type DisputeOnChain, newDispute } from "../ledger/dispute.ts";
import type { CoordinatorState } from "../state.ts";
import { resumeFine } from "./fines.ts";

type CourtEvent = CourtEventBody & ChainPlace;

/** More logs than the newest of a dispute are never undone at once. */
const undoMax = 64;

/** Applies an event of the court that is deep enough. */
export function confirmCourtEvent(state: CoordinatorState, event: CourtEvent, headSeconds: number): void {
  if (event.type === "credited" || event.type === "creditWithdrawn") {
    addCredit(state, event.account, event.type === "credited" ? event.amount : -event.amount);
    return;
  }
  if (event.type === "disputeOpened") adopt(state, event);
  const dispute = disputeOfEvent(state, event);
  const after = dispute === undefined ? null : changed(state, dispute.chain, { event, headSeconds });
  if (dispute === undefined || after === null) return;
  dispute.undo.push({ txHash: event.txHash, logIndex: event.logIndex, before: dispute.chain });
  if (dispute.undo.length > undoMax) dispute.undo.shift();
  dispute.chain = after;
}

/** Takes an event back; the newest comes first. */
export function undoCourtEvent(state: CoordinatorState, event: CourtEvent): void {
  if (event.type === "credited" || event.type === "creditWithdrawn") {
    addCredit(state, event.account, event.type === "credited" ? -event.amount : event.amount);
    return;
  }
  const dispute = disputeOfEvent(state, event);
  if (dispute === undefined && event.type === "workerFined") {
    const leaseId = slashedFine(state, event);
    const escrow = state.ledger.escrows.get(event.escrowId);
    if (leaseId !== undefined && escrow !== undefined) resumeFine(state, escrow, leaseId);
    return;
  }
  const entry = dispute?.undo.at(-1);
  if (dispute === undefined || entry?.txHash !== event.txHash || entry.logIndex !== event.logIndex) return;
  dispute.undo.pop();
  dispute.chain = entry.before;
  if (!dispute.isOver) return;
  // Nothing is ruled any more, and every fine is wanted as before.
  dispute.isOver = false;
  const escrow = present(state.ledger.escrows.get(dispute.escrowId), `escrow ${dispute.escrowId}`);
  for (const leaseId of dispute.accused.keys()) resumeFine(state, escrow, leaseId);
}

/** The dispute that an event belongs to, if it is known here. */
export function disputeOfEvent({ ledger }: CoordinatorState, event: CourtEvent): Dispute | undefined {
  if ("disputeId" in event) return ledger.disputes.get(event.disputeId);
  if (event.type !== "workerFined") return undefined;
  // A fine does not say for which task it was; the ruling before it in the same transaction does.
  const { escrowId, txHash } = event;
  const ruled = [...ledger.disputes.values()].flatMap((dispute) => {
    const { ruling } = dispute.chain;
    return dispute.escrowId === escrowId && ruling?.txHash === txHash ? [{ dispute, at: ruling.logIndex }] : [];
  });
  return ruled.sort((a, b) => b.at - a.at)[0]?.dispute;
}

// Anybody may dispute a result: those who answered can still be named in it.
function adopt({ ledger }: CoordinatorState, event: Extract<CourtEvent, { type: "disputeOpened" }>): void {
  const { disputeId, escrowId, taskSpec } = event;
  const escrow = ledger.escrows.get(escrowId);
  if (escrow === undefined || ledger.disputes.has(disputeId)) return;
  ledger.disputes.set(disputeId, newDispute({ disputeId, escrowId, taskSpec, taskId: null }, escrow.activeAt));
}

interface Change {
  readonly event: CourtEvent;
  readonly headSeconds: number;
}

// Block seconds of an event are not known, those of the head are, and are no earlier.
function changed(
  { config }: CoordinatorState,
  chain: DisputeOnChain,
  { event, headSeconds }: Change,
): DisputeOnChain | null {
  switch (event.type) {
    case "disputeOpened": {
      const evidenceSeconds = config.court?.evidenceSeconds ?? 0;
      return { ...chain, challenger: event.challenger, opensAtSeconds: headSeconds + evidenceSeconds };
    }
    case "workerImplicated":
      return { ...chain, held: [...chain.held, `${event.worker}/${event.attempt}`] };
    case "juryArmed":
      return { ...chain, seedBlock: event.seedBlock };
    case "juryDrawn":
      return { ...chain, drawnAtSeconds: headSeconds, jurors: [...chain.jurors, ...event.jurors] };
    case "appealed":
      return { ...chain, round: 2, opensAtSeconds: headSeconds, seedBlock: null, drawnAtSeconds: null };
    case "disputeResolved": {
      const { outcome, verdict, txHash, logIndex } = event;
      return { ...chain, ruling: { outcome, verdict, txHash, logIndex } };
    }
    case "workerFined": {
      const taken = { key: `${event.worker}/${event.attempt}`, amount: event.amount };
      return { ...chain, taken: [...chain.taken, taken] };
    }
    default:
      return null;
  }
}

function addCredit({ ledger }: CoordinatorState, account: Address, change: bigint): void {
  const credit = ledger.credits.get(account) ?? { amount: 0n, intents: 0, intentId: null, retryAt: null };
  credit.amount += change;
  ledger.credits.set(account, credit);
}
