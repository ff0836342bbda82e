// What a juror is given to judge by: the task itself, so that it can be run again, and checked against the dispute.
import { disputeIdOf } from "./dispute.ts";
import type { EscrowId, Hash } from "./ids.ts";
import type { TaskPlace } from "./job-id.ts";
import { taskSpecHash } from "./task-spec.ts";
import type { TaskProgram } from "./work-message.ts";

/** A task in dispute. */
export interface DisputedTask {
  readonly escrowId: EscrowId;
  readonly place: TaskPlace;
  readonly task: TaskProgram;
}

/** Why a juror is not given the task. Of a dispute that is `unknown` or a jury that is `notDrawn` here, a later block may tell. */
export type DisputeRefusalCode = "unknown" | "notDrawn" | "notJuror" | "unavailable";

/** What a coordinator answers to a juror. */
export type DisputeAnswer =
  | { readonly type: "task"; readonly task: DisputedTask }
  | { readonly type: "refused"; readonly code: string; readonly message: string };

/** Whether this is the task that the dispute is about: whoever serves it need not be believed. */
export function isTaskOf(disputeId: Hash, { escrowId, place, task }: DisputedTask): boolean {
  return disputeIdOf(escrowId, taskSpecHash(place, task)) === disputeId;
}
