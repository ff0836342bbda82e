// A juror's duty: one dispute and round in which this worker was drawn, and its one vote.
import type { Address, EscrowId, Hash, TaskSpecHash } from "@starling/protocol";

/** What the chain says of a dispute whose jury names this worker. Block seconds. */
export interface DrawnJury {
  readonly disputeId: Hash;
  /** 1, or 2 for an appeal. */
  readonly round: number;
  readonly escrowId: EscrowId;
  readonly taskSpec: TaskSpecHash;
  /** Whoever opened the dispute: mostly the coordinator, who has the task. */
  readonly challenger: Address;
  /** Commitments count before, reveals from then on. */
  readonly commitBySeconds: number;
  readonly revealBySeconds: number;
}

/** The one vote of a duty; it is written down before the chain hears of it. */
export interface HeldVote {
  /** 32 zero bytes abstain. */
  readonly digest: Hash;
  readonly salt: Hash;
  readonly commitment: Hash;
}

/** The two things that a juror sends. */
export type VoteStep = "commitVote" | "revealVote";

/** A duty under way. */
export interface Duty {
  drawn: DrawnJury;
  vote: HeldVote | null;
  /** The last intent of each step. */
  readonly intents: Map<VoteStep, string>;
}

/** How a duty is named: one for each dispute and round. */
export function dutyIdOf({ disputeId, round }: Pick<DrawnJury, "disputeId" | "round">): string {
  return `${disputeId}.${round}`;
}
