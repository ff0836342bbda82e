// The portable receipt of a job: everything that was signed, assembled from the ledger and sealed.
import type { Identity } from "@starling/node-kit";
import {
  type Address,
  encodeReceipt,
  type JobId,
  type ReceiptBody,
  type ReceiptTask,
  type ReceiptWorker,
  receiptFormat,
  sealReceipt,
} from "@starling/protocol";
import { type CoordinatorState, type ReceiptMaterial, receiptMaterial, type TaskMaterial } from "../../core/index.ts";
import type { ApiDeps } from "./deps.ts";
import { ownJob, refusal } from "./refuse.ts";

/** The receipt as text. A job without any accepted result has none. */
export async function receiptText(deps: ApiDeps, jobId: JobId, identity: Identity): Promise<string> {
  const body = await deps.engine.readSettled((state) => {
    ownJob(state, jobId, identity);
    const material = receiptMaterial(state, jobId);
    if (material === null || material.tasks.length === 0)
      throw refusal("receiptNotFound", "no result of this job is accepted yet, so there is nothing to prove");
    return bodyOf(deps, state, material);
  });
  return encodeReceipt(sealReceipt(body, deps.sign));
}

function bodyOf(deps: ApiDeps, state: CoordinatorState, material: ReceiptMaterial): ReceiptBody {
  const { submission } = material;
  const batchesUsed = new Set(material.tasks.flatMap((task) => (task.anchor === null ? [] : [task.anchor.batch])));
  return {
    format: receiptFormat,
    networkId: deps.networkId,
    domain: deps.checks.domain,
    coordinator: material.coordinator,
    jobId: submission.jobId,
    payer: submission.payer,
    idempotencyKey: submission.idempotencyKey,
    name: submission.name,
    labels: submission.labels,
    order: submission.order,
    orderSignature: submission.orderSignature,
    spec: submission.spec,
    escrowId: material.escrowId,
    tasks: material.tasks.map(taskOf),
    workers: workersOf(state, material),
    batches: material.batches
      .filter((batch) => batchesUsed.has(batch.batch))
      .map(({ batch, root, count, signed, place }) => ({ batch, root, count, signed, place })),
    issuedAt: deps.engine.now(),
  };
}

function taskOf(task: TaskMaterial): ReceiptTask {
  const { step, index, taskSpec, attempt, digest, outputs, acceptedBy, sets, ticket, auditMissed, anchor } = task;
  return {
    ...{ step, index, taskSpec, attempt, digest, outputs, acceptedBy, sets, ticket, auditMissed },
    // Operator and verdict follow from the rest.
    answers: task.answers.map(({ operator: _operator, verdict: _verdict, ...answer }) => answer),
    anchor: anchor === null ? null : { batch: anchor.batch, index: anchor.index, proof: anchor.proof },
  };
}

// Each worker once, in the order of addresses.
function workersOf(state: CoordinatorState, { tasks }: ReceiptMaterial): readonly ReceiptWorker[] {
  const committed = tasks.flatMap(({ sets }) => sets.flatMap(({ commitments }) => commitments));
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
