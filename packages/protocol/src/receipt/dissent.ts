// Answers that were overruled, with their workers.
import type { Address, Hash } from "../ids.ts";
import { agreementOf } from "./agreement.ts";
import { nameOf } from "./check-job.ts";
import type { Receipt, ReceiptTask } from "./receipt.ts";

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
