// What a portable receipt is made of: every accepted result with its answers, signatures and place under an anchored root.
import { present } from "@starling/kernel";
import {
  type Hash,
  type JobId,
  lotteryTree,
  type MerkleTree,
  type OpenedTicket,
  openTicket,
  type ReceiptAnswer,
  type ReceiptCommitment,
  type ReceiptSet,
  receiptFailuresMax,
  receiptSentenceMax,
  totalTasks,
  type UndecidedTask,
  type Usage,
} from "@starling/protocol";
import type { Batch } from "../ledger/escrow.ts";
import { auditOf, type Job, type Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { tasksOf } from "../lifecycle/task.ts";
import { proofsOf } from "../money/batch-tree.ts";
import { answersOf, programOf, resultLeafOf, standingLease } from "../program.ts";
import type { CoordinatorState } from "../state.ts";
import { distancesTo } from "../verification/equivalence.ts";
import { secretOf, ticketPosition } from "../verification/lottery.ts";
import { batchView } from "./ledger.ts";
import type { AnswerMaterial, ReceiptMaterial, TaskMaterial } from "./types.ts";

/** All that a receipt of this job needs; null when the job is unknown. Accepted results are in it, and what nobody could decide. */
export function receiptMaterial(state: CoordinatorState, jobId: JobId): ReceiptMaterial | null {
  const job = state.ledger.jobs.get(jobId);
  if (job === undefined) return null;
  const escrow = present(state.ledger.escrows.get(job.escrowId), `escrow ${job.escrowId}`);
  const open = ticketsOf(state, job);
  const proofs = new Map<number, (index: number) => readonly Hash[]>();
  const tasks: TaskMaterial[] = [];
  const batches = new Set<Batch>();
  for (const task of tasksOf(state, job)) {
    if (task.result === null) continue;
    const batch = escrow.batches.find((one) => one.batch === task.anchor?.batch);
    if (batch !== undefined) {
      batches.add(batch);
      if (!proofs.has(batch.batch)) proofs.set(batch.batch, proofsOf(state, batch));
    }
    const prove = batch === undefined ? null : present(proofs.get(batch.batch), "proofs");
    tasks.push(taskMaterial(state, task, { prove, open }));
  }
  return {
    submission: job.submission,
    coordinator: state.config.coordinator,
    escrowId: job.escrowId,
    state: job.state,
    tasks,
    undecided: tasksOf(state, job).flatMap((task) => undecidedOf(state, task) ?? []),
    batches: [...batches].map(batchView),
  };
}

// An open ticket tells what will be drawn, so it stays closed until nothing changes the result any more.
function ticketsOf(state: CoordinatorState, job: Job): (task: Task) => OpenedTicket | null {
  const secret = secretOf(state, job);
  let tree: MerkleTree | null = null;
  return (task) => {
    if (secret === null || task.settledAt === null) return null;
    tree ??= lotteryTree(secret, totalTasks(job.submission.spec));
    return openTicket(tree, { secret, position: ticketPosition(job, task) });
  };
}

// A set is closed once its members were told until when to reveal; those that never did are in it too.
function setsOf(state: CoordinatorState, task: Task): readonly ReceiptSet[] {
  const members = task.leases
    .map((leaseId) => present(state.ledger.leases.get(leaseId), `lease ${leaseId}`))
    .filter((lease) => lease.revealBy !== null)
    .sort((a, b) => (a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : a.attempt - b.attempt));
  const rounds = [...new Set(members.map(({ round }) => round))].sort((a, b) => a - b);
  return rounds.map((round) => ({
    round,
    commitments: members.filter((lease) => lease.round === round).map(commitmentMaterial),
  }));
}

function commitmentMaterial(lease: Lease): ReceiptCommitment {
  const { leaseId, worker, attempt } = lease;
  const commitment = present(lease.commitment, `commitment of ${leaseId}`);
  const commitEvidence = present(lease.commitEvidence, `evidence of ${leaseId}`);
  return { worker, attempt, commitment, absent: lease.answer === null ? { leaseId, commitEvidence } : null };
}

interface TaskContext {
  /** Proofs in the batch in which the task is anchored; null while there is none. */
  readonly prove: ((index: number) => readonly Hash[]) | null;
  readonly open: (task: Task) => OpenedTicket | null;
}

function taskMaterial(state: CoordinatorState, task: Task, { prove, open }: TaskContext): TaskMaterial {
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
    answers: answersOf(state, task).map((lease) => answerMaterial(task, lease)),
    sets: setsOf(state, task),
    ...failuresOf(state, task),
    ticket: open(task),
    auditMissed: task.audits.at(-1)?.missed?.message.slice(0, receiptSentenceMax) ?? null,
    anchor:
      anchor === null || prove === null
        ? null
        : {
            ...anchor,
            leaf: resultLeafOf(state, task, anchor.index),
            proof: prove(anchor.index),
          },
  };
}

function undecidedOf(state: CoordinatorState, task: Task): UndecidedTask | null {
  const outcome = task.state;
  const leases = answersOf(state, task);
  const [first] = leases;
  if ((outcome !== "disputed" && outcome !== "nondeterministic") || first === undefined) return null;
  return {
    ...{ step: task.step, index: task.index, taskSpec: first.taskSpec, outcome },
    reason: (task.reason?.message ?? outcome).slice(0, receiptSentenceMax),
    answers: leases.map((lease) => receiptAnswer(answerMaterial(task, lease))),
    sets: setsOf(state, task),
    ...failuresOf(state, task),
  };
}

/** An answer as receipts carry it: operator and verdict follow from the rest. */
export function receiptAnswer({ operator: _operator, verdict: _verdict, ...answer }: AnswerMaterial): ReceiptAnswer {
  return answer;
}

function answerMaterial(task: Task, lease: Lease): AnswerMaterial {
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
    fine: answer.fine,
    verdict: lease.verdict,
    paid: lease.verdict === "accepted" ? lease.price : 0n,
    audit: auditOf(task, lease),
    distances: distancesTo(task, answer.digest),
    ...usageMaterial(answer.usage),
  };
}

// Receipts had the fuel alone at first, beside the rest of the answer.
function usageMaterial({ fuel, ...usage }: Usage): Pick<AnswerMaterial, "fuel" | "usage"> {
  return { fuel, usage };
}

// The last ones: a task that nobody can run fails often.
function failuresOf(state: CoordinatorState, task: Task): Pick<TaskMaterial, "failures"> {
  const failed = task.leases.flatMap((leaseId) => {
    const {
      state: ended,
      worker,
      attempt,
      fault,
      reason,
      ending,
      usage,
    } = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
    if (ended !== "failed" || fault === null || reason === null) return [];
    const message = reason.message.slice(0, receiptSentenceMax);
    return [{ worker, attempt, kind: fault, reason: reason.code, message, ending, usage }];
  });
  return failed.length === 0 ? {} : { failures: failed.slice(-receiptFailuresMax) };
}
