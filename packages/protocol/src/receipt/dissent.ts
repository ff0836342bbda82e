// Answers that were overruled, and answers between which nobody decided, with their workers.
import type { Address, Hash } from "../ids.ts";
import { agreementOf, differingOutputs } from "./agreement.ts";
import { nameOf } from "./check-job.ts";
import type { Receipt, ReceiptTask, UndecidedTask } from "./receipt.ts";

/** A worker whose signed answer does not count as the accepted one. */
export interface Dissent {
  readonly task: string;
  readonly worker: Address;
  /** Null when the receipt does not name one. */
  readonly operator: Address | null;
  readonly digest: Hash;
  readonly acceptedDigest: Hash;
  readonly acceptedBy: ReceiptTask["acceptedBy"];
}

/** Every answer that does not count as the accepted one, with its worker. */
export function dissentsOf(receipt: Receipt): readonly Dissent[] {
  const operators = new Map(receipt.workers.map(({ worker, operator }) => [worker, operator]));
  return receipt.tasks.flatMap((task) => {
    const agrees = agreementOf(task, receipt.spec);
    return task.answers
      .filter((answer) => !agrees(answer))
      .map(({ worker, digest }) => ({
        task: nameOf(task),
        worker,
        operator: operators.get(worker) ?? null,
        digest,
        acceptedDigest: task.digest,
        acceptedBy: task.acceptedBy,
      }));
  });
}

/** A task without a result, and what its workers said. */
export interface Standoff {
  readonly task: string;
  readonly outcome: UndecidedTask["outcome"];
  readonly reason: string;
  /** Names of the outputs that are not the same in all answers. */
  readonly outputs: readonly string[];
  readonly answers: readonly { readonly worker: Address; readonly operator: Address | null; readonly digest: Hash }[];
}

/** Every task on which nobody decided, with the outputs that differ. */
export function standoffsOf(receipt: Receipt): readonly Standoff[] {
  const operators = new Map(receipt.workers.map(({ worker, operator }) => [worker, operator]));
  return receipt.undecided.map((task) => {
    const [first] = task.answers;
    const differing = task.answers.flatMap(({ outputs }) => differingOutputs(first?.outputs ?? [], outputs));
    return {
      task: nameOf(task),
      outcome: task.outcome,
      reason: task.reason,
      outputs: [...new Set(differing)].sort(),
      answers: task.answers.map(({ worker, digest }) => ({ worker, operator: operators.get(worker) ?? null, digest })),
    };
  });
}
