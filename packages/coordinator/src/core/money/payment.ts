// Pay: cumulative per worker and escrow, so that no route and no repetition can pay twice.
import type { Address, CumulativePayment } from "@starling/protocol";
import type { Escrow } from "../ledger/escrow.ts";
import { type CoordinatorState, isChainless } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { smaller, unallotted } from "./amounts.ts";
import { canIntend, intendCall, isUnderWay } from "./bridge.ts";

/** Pays what is due: everything when a job has ended or the escrow is, else whoever has earned half of its credit. */
export function payWorkers(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  if (escrow.chain.phase === "none" || escrow.chain.phase === "closed") return;
  // Without a chain nobody is paid here: the account is closed by its owner, who has paid by other means.
  if (isChainless(state) && escrow.closing === null) return;
  if (isPaying(state, escrow) || !canIntend(state)) return;
  const payments: CumulativePayment[] = [];
  const all = allDue(escrow);
  for (const worker of [...escrow.owed.keys()].sort()) {
    if (payments.length >= state.config.policy.workersPerCallMax) break;
    const paid = escrow.chain.paid.get(worker) ?? 0n;
    const allotted = escrow.chain.allotments.get(worker)?.total ?? 0n;
    // The contract pays no further than the allotment; renewing it comes first.
    const cumulative = smaller(escrow.owed.get(worker) ?? 0n, allotted);
    if (cumulative <= paid) continue;
    if (all || 2n * (cumulative - paid) >= allotted - paid) payments.push({ worker, cumulative });
  }
  if (payments.length === 0) return;
  const { escrowId } = escrow;
  const intentId = `pay/${escrowId}/${escrow.nextIntent}`;
  turn.record({ type: "paymentIntended", escrowId, payments, intentId });
  intendCall(state, { intentId, call: { kind: "payBatch", escrowId, payments } }, turn);
}

// One batch at a time: what is earned meanwhile rides in the next one.
function isPaying(state: CoordinatorState, escrow: Escrow): boolean {
  for (const [worker, { cumulative, intentId }] of escrow.paying) {
    if ((escrow.chain.paid.get(worker) ?? 0n) >= cumulative) continue;
    if (isUnderWay(state, intentId)) return true;
  }
  return false;
}

function allDue(escrow: Escrow): boolean {
  if (escrow.openJobs.size === 0) return true;
  let paid = 0n;
  for (const amount of escrow.chain.paid.values()) paid += amount;
  return paid < escrow.owedByEnded;
}

/** Whether every worker has got what the chain can pay it; money without cover is covered first while there is any. */
export function isAllPaid(escrow: Escrow): boolean {
  if (unallotted(escrow) <= 0n) return isCoveredPaid(escrow);
  for (const [worker, owed] of escrow.owed) if ((escrow.chain.paid.get(worker) ?? 0n) < owed) return false;
  return true;
}

/** Whether every worker has got what its allotment covers: all that can be paid once nothing is allotted any more. */
export function isCoveredPaid(escrow: Escrow): boolean {
  for (const [worker, owed] of escrow.owed) {
    const covered = smaller(owed, escrow.chain.allotments.get(worker)?.total ?? 0n);
    if ((escrow.chain.paid.get(worker) ?? 0n) < covered) return false;
  }
  return true;
}

/** Has the escrow looked at in a moment, once for all who fall due meanwhile. */
export function armPay(state: CoordinatorState, { escrowId }: Escrow, now: number): void {
  if (state.presence.paysArmed.has(escrowId)) return;
  state.presence.paysArmed.add(escrowId);
  state.index.timers.push({ at: now + state.config.policy.payGatherMs, kind: "escrow", id: escrowId });
}

/** Whether a worker has earned enough to be paid before its job ends. */
export function isPayDue(escrow: Escrow, worker: Address): boolean {
  const paid = escrow.chain.paid.get(worker) ?? 0n;
  const paying = escrow.paying.get(worker)?.cumulative ?? 0n;
  if (paying > paid) return false;
  const allotted = escrow.chain.allotments.get(worker)?.total ?? 0n;
  return 2n * ((escrow.owed.get(worker) ?? 0n) - paid) >= allotted - paid;
}
