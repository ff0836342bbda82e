// Offers on gossip: only where replicas wait without an asker, and never one message per task.
import { type JobId, mapStep, reduceStep } from "@starling/protocol";
import { stepKey } from "../indexes/index-state.ts";
import type { Job } from "../ledger/job.ts";
import { isJobOver } from "../lifecycle/tables.ts";
import { stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";

/** Sets the alarm for an offer of a job whose replicas wait. */
export function armOffer(state: CoordinatorState, job: Job, turn: CoordinatorTurn): void {
  if (state.presence.offersArmed.has(job.jobId)) return;
  const { eagerOffers, offerAfterMs, offerEveryMs, offerTtlMs } = state.config.policy;
  const pauseMs = job.offerSequence < eagerOffers ? offerEveryMs : Math.floor(offerTtlMs / 2);
  const at = Math.max(turn.now + offerAfterMs, (job.offeredAt ?? 0) + pauseMs);
  state.presence.offersArmed.add(job.jobId);
  state.index.timers.push({ at, kind: "offer", id: job.jobId });
}

/** Publishes what still waits, if anything does. */
export function offerDue(state: CoordinatorState, jobId: JobId, turn: CoordinatorTurn): void {
  state.presence.offersArmed.delete(jobId);
  const job = state.ledger.jobs.get(jobId);
  if (job === undefined || isJobOver(job.state)) return;
  for (const step of [mapStep, reduceStep]) {
    const waiting = state.index.queues.get(stepKey(jobId, step))?.size ?? 0;
    if (waiting === 0) continue;
    const open = roundUp(waiting, state.config.policy.offerOpenMin);
    const sequence = job.offerSequence + 1;
    turn.record({ type: "offerPublished", jobId, sequence, at: turn.now });
    const { runtimeClass, needs } = stepSpecOf(job, step);
    const { escrowId, submission } = job;
    const expiresAt = turn.now + state.config.policy.offerTtlMs;
    const priceCap = submission.perTaskMax;
    turn.request({
      type: "publishOffer",
      offer: { jobId, escrowId, runtimeClass, needs, open, priceCap, sequence, expiresAt },
    });
    armOffer(state, job, turn);
    return;
  }
}

// An exact count would tell whoever sees all offers of a job which of its tasks came back for an audit.
function roundUp(waiting: number, least: number): number {
  let open = least;
  while (open < waiting) open *= 2;
  return open;
}
