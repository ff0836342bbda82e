// The body of a receipt: what the ledger says of a job, in the form that is sealed and handed over.
import type { Address, ReceiptBody, ReceiptTask, ReceiptWorker, SigningDomain } from "@starling/protocol";
import { receiptFormat } from "@starling/protocol";
import { type CoordinatorState, isChainless } from "../state.ts";
import { receiptAnswer } from "./receipt.ts";
import type { ReceiptMaterial, TaskMaterial } from "./types.ts";

/** What the ledger does not know. */
export interface ReceiptFrame {
  readonly networkId: string;
  readonly domain: SigningDomain;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** Everything that the seal is over. */
export function receiptBody(state: CoordinatorState, material: ReceiptMaterial, frame: ReceiptFrame): ReceiptBody {
  const { jobId, payer, idempotencyKey, name, labels, order, orderSignature, spec } = material.submission;
  const batchesUsed = new Set(material.tasks.flatMap((task) => (task.anchor === null ? [] : [task.anchor.batch])));
  return {
    format: receiptFormat,
    ...frame,
    ...{ jobId, payer, idempotencyKey, name, labels, order, orderSignature, spec },
    coordinator: material.coordinator,
    escrowId: material.escrowId,
    tasks: material.tasks.map(taskOf),
    undecided: material.undecided,
    workers: workersOf(state, material),
    batches: material.batches
      .filter((batch) => batchesUsed.has(batch.batch))
      .map(({ batch, root, count, signed, place }) => ({
        batch,
        root,
        count,
        signed,
        place: isChainless(state) ? null : place,
      })),
  };
}

function taskOf(task: TaskMaterial): ReceiptTask {
  const { step, index, taskSpec, attempt, digest, outputs, acceptedBy, sets, ticket, auditMissed, anchor } = task;
  const { failures } = task;
  return {
    ...{ step, index, taskSpec, attempt, digest, outputs, acceptedBy, sets, ticket, auditMissed },
    answers: task.answers.map(receiptAnswer),
    ...(failures === undefined ? {} : { failures }),
    anchor: anchor === null ? null : { batch: anchor.batch, index: anchor.index, proof: anchor.proof },
  };
}

// Each worker once, in the order of addresses.
function workersOf(state: CoordinatorState, { tasks, undecided }: ReceiptMaterial): readonly ReceiptWorker[] {
  const committed = [...tasks, ...undecided].flatMap(({ sets }) => sets.flatMap(({ commitments }) => commitments));
  const addresses = new Set<Address>(committed.map(({ worker }) => worker));
  return [...addresses].sort().flatMap((address) => {
    const worker = state.ledger.workers.get(address);
    if (worker === undefined) return [];
    const { record, registration } = worker.signed;
    return [
      {
        worker: address,
        operator: worker.operator,
        peerId: record.peerId,
        registrationSeq: registration.seq,
        operatorSignature: registration.operatorSignature,
      },
    ];
  });
}
