// Times of the chain as the coordinator knows them: contracts compare with block time, never with ours.
import { isImageName, type StepSpec } from "@starling/protocol";
import type { Escrow } from "../ledger/escrow.ts";
import type { Job } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";

/** Block time of the head, seconds; our own time before the first head is known. */
export function chainSeconds(state: CoordinatorState, now: number): number {
  return state.presence.headSeconds ?? Math.floor(now / 1_000);
}

/** Whether the escrow's next transaction waits after a refusal. */
export function isResting(escrow: Escrow, now: number): boolean {
  return escrow.refused !== null && escrow.refused.retryAt > now;
}

/** From the offer of a lease to the last moment of its commitment. */
export function leaseSpanMs(state: CoordinatorState, step: StepSpec): number {
  const { acceptMs, commitGraceMs, pullMs } = state.config.policy;
  const { timeoutMs, checkpoint } = step.limits;
  // A program that runs out of time may still write down how far it came.
  const pull = isImageName(step.program.name) ? pullMs : 0;
  return acceptMs + pull + timeoutMs + (checkpoint?.graceMs ?? 0) + commitGraceMs;
}

/** The longest of a job's leases: an allotment has to outlast any of them, the reduce step's too. */
export function longestSpanMs(state: CoordinatorState, job: Job): number {
  const { map, reduce } = job.submission.spec;
  return Math.max(leaseSpanMs(state, map), reduce === null ? 0 : leaseSpanMs(state, reduce));
}
