// Read model for jurors: the task of a dispute as its workers were given it.
import type { Address, DisputeAnswer, DisputeRefusalCode, Hash } from "@starling/protocol";
import { isTaskOf } from "@starling/protocol";
import { programOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";

/** What a juror needs to judge; only those who were drawn are told, and nothing of any answer. */
export function disputedTask(
  state: CoordinatorState,
  { disputeId, jurors }: { readonly disputeId: Hash; readonly jurors: readonly Address[] },
): DisputeAnswer {
  const dispute = state.ledger.disputes.get(disputeId);
  if (dispute === undefined) return refusal("unknown", "no such dispute is confirmed here");
  const { chain, taskId, escrowId } = dispute;
  if (chain.jurors.length === 0) return refusal("notDrawn", "its jury is not drawn yet, as far as is confirmed here");
  if (!jurors.some((juror) => chain.jurors.includes(juror)))
    return refusal("notJuror", "the jury of this dispute is others");
  const task = taskId === null ? undefined : state.ledger.tasks.get(taskId);
  if (task === undefined) return refusal("unavailable", "the task is not known here, or not any more");
  const { jobId, step, index } = task;
  const disputed = { escrowId, place: { jobId, step, index }, task: programOf(state, task) };
  // What a later task reads may have been corrected since this one was answered.
  if (!isTaskOf(disputeId, disputed)) return refusal("unavailable", "what the task read has been corrected since");
  return { type: "task", task: disputed };
}

function refusal(code: DisputeRefusalCode, message: string): DisputeAnswer {
  return { type: "refused", code, message };
}
