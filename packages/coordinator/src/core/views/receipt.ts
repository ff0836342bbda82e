// What a portable receipt is made of: every accepted result with its answers, signatures and place under an anchored root.
import { present } from "@starling/kernel";
import {
  type JobId,
  type MerkleTree,
  mapStep,
  merkleProof,
  merkleTree,
  reduceStep,
  taskIdOf,
} from "@starling/protocol";
import type { Batch } from "../ledger/escrow.ts";
import type { Task } from "../ledger/job.ts";
import { answersOf, programOf, resultLeafOf, standingLease } from "../program.ts";
import type { CoordinatorState } from "../state.ts";
import { batchView } from "./ledger.ts";
import type { AnswerMaterial, ReceiptMaterial, TaskMaterial } from "./types.ts";

/** All that a receipt of this job needs; null when the job is unknown. Only accepted results are in it. */
export function receiptMaterial(state: CoordinatorState, jobId: JobId): ReceiptMaterial | null {
  const job = state.ledger.jobs.get(jobId);
  if (job === undefined) return null;
  const escrow = present(state.ledger.escrows.get(job.escrowId), `escrow ${job.escrowId}`);
  const trees = new Map<number, MerkleTree>();
  const tasks: TaskMaterial[] = [];
  const batches = new Set<Batch>();
  for (let position = 0; position <= job.mapQueued; position += 1) {
    const place = position < job.mapQueued ? { step: mapStep, index: position } : { step: reduceStep, index: 0 };
    const task = state.ledger.tasks.get(taskIdOf({ jobId, ...place }));
    if (task === undefined || task.result === null) continue;
    const batch = escrow.batches.find((one) => one.batch === task.anchor?.batch);
    if (batch !== undefined) {
      batches.add(batch);
      if (!trees.has(batch.batch)) trees.set(batch.batch, treeOf(state, batch));
    }
    tasks.push(taskMaterial(state, task, batch === undefined ? null : present(trees.get(batch.batch), "tree")));
  }
  return {
    submission: job.submission,
    coordinator: state.config.coordinator,
    escrowId: job.escrowId,
    state: job.state,
    tasks,
    batches: [...batches].map(batchView),
  };
}

function treeOf(state: CoordinatorState, batch: Batch): MerkleTree {
  const leaves = batch.taskIds.map((taskId, index) =>
    resultLeafOf(state, present(state.ledger.tasks.get(taskId), `task ${taskId}`), index),
  );
  return merkleTree(leaves);
}

function taskMaterial(state: CoordinatorState, task: Task, tree: MerkleTree | null): TaskMaterial {
  const result = present(task.result, `result of ${task.taskId}`);
  const standing = standingLease(state, task);
  const { anchor } = task;
  return {
    taskId: task.taskId,
    step: task.step,
    index: task.index,
    taskSpec: standing.taskSpec,
    program: programOf(state, task),
    attempt: standing.attempt,
    digest: result.digest,
    outputs: result.outputs,
    acceptedBy: result.by,
    answers: answersOf(state, task).map(answerMaterial),
    anchor:
      anchor === null || tree === null
        ? null
        : {
            ...anchor,
            leaf: resultLeafOf(state, task, anchor.index),
            proof: merkleProof(tree, anchor.index),
          },
  };
}

function answerMaterial(lease: ReturnType<typeof answersOf>[number]): AnswerMaterial {
  const answer = present(lease.answer, `answer of ${lease.leaseId}`);
  return {
    leaseId: lease.leaseId,
    worker: lease.worker,
    operator: lease.operator,
    attempt: lease.attempt,
    role: lease.role,
    round: lease.round,
    commitment: present(lease.commitment, `commitment of ${lease.leaseId}`),
    commitEvidence: present(lease.commitEvidence, `evidence of ${lease.leaseId}`),
    digest: answer.digest,
    salt: answer.salt,
    outputs: answer.outputs,
    revealEvidence: answer.evidence,
    revealFine: answer.fine,
    verdict: lease.verdict,
    price: lease.price,
  };
}
