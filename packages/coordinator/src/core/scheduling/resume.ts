// What a new lease goes on from. A checkpoint is another's word: whoever goes on from a poisoned one answers wrongly and is honest.
import type { Address, Checkpoint } from "@starling/protocol";
import type { Task } from "../ledger/job.ts";
import type { Lease, Resumption, ToldCheckpoint } from "../ledger/lease.ts";
import { isLost } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";

/** Who gets a lease, and as what. */
export interface Taker {
  readonly worker: Address;
  readonly role: "replica" | "referee";
}

interface Told {
  readonly lease: Lease;
  readonly checkpoint: ToldCheckpoint;
}

/**
 * The newest checkpoint that the taker may go on from, or null. Its own, for which it answers anyway; a referee another referee's; and else
 * one that two operators have told alike, as long as somebody else answers the task who has computed all of it. What checks or decides begins
 * at the beginning.
 */
export function resumptionFor(state: CoordinatorState, task: Task, taker: Taker): Resumption | null {
  const told = toldOf(state, task);
  if (told.length === 0) return null;
  const isFirst = task.result === null && task.resolver === "agreement";
  const { checkpointOperatorsMin } = state.config.policy;
  const mayCross = isFirst && taker.role === "replica" && hasWholeAnswer(state, task, taker.worker);
  let best: Resumption | null = null;
  for (const { lease, checkpoint } of told) {
    const isOwn = lease.worker === taker.worker;
    const isReferees = taker.role === "referee" && lease.role === "referee";
    if (
      !checkpoint.isHere ||
      (!isOwn && !isReferees && !(mayCross && agreeing(told, checkpoint) >= checkpointOperatorsMin))
    )
      continue;
    const { step, cid, size } = checkpoint;
    if (best !== null && (best.step > step || (best.step === step && !best.isForeign))) continue;
    best = { step, cid, size, from: lease.leaseId, isForeign: !isOwn };
  }
  return best;
}

function toldOf(state: CoordinatorState, task: Task): readonly Told[] {
  const told: Told[] = [];
  for (const leaseId of task.leases) {
    const lease = state.ledger.leases.get(leaseId);
    for (const checkpoint of lease?.checkpoints ?? []) if (lease !== undefined) told.push({ lease, checkpoint });
  }
  return told;
}

// Operators that told the same. Whoever went on from another's repeats what that one told: only those who have computed all of it count.
function agreeing(told: readonly Told[], { step, cid }: Checkpoint): number {
  const operators = new Set<Address>();
  for (const { lease, checkpoint } of told)
    if (checkpoint.step === step && checkpoint.cid === cid && !isResumedFromOther(lease)) operators.add(lease.operator);
  return operators.size;
}

// Two who agreed on a lie would have it accepted by the honest alone, and none of them could be blamed.
function hasWholeAnswer(state: CoordinatorState, task: Task, taker: Address): boolean {
  return task.leases.some((leaseId) => {
    const lease = state.ledger.leases.get(leaseId);
    return (
      lease !== undefined &&
      lease.worker !== taker &&
      lease.round === task.round &&
      !isLost(lease.state) &&
      !isResumedFromOther(lease)
    );
  });
}

/** Whether its worker went on from what another one told: a wrong answer is then nobody's proven fault. */
export function isResumedFromOther({ resume }: Pick<Lease, "resume">): boolean {
  return resume?.isForeign === true;
}
