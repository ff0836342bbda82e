// The answers of a receipt: committed before they were revealed, signed by their workers, owned by distinct operators.
import { commitLeaf, isFrameSignedBy, isInFrame, isReceiptSignedBy } from "../frame.ts";
import type { Address } from "../ids.ts";
import { peerIdHash } from "../peer-id.ts";
import { commitmentOf, receiptLeaf, resultDigest } from "../result-digest.ts";
import type { Recover } from "../signature.ts";
import { registrationDigest } from "../typed-data.ts";
import { nameOf } from "./check-job.ts";
import { checkSets } from "./check-sets.ts";
import type { Report } from "./findings.ts";
import type { AnsweredTask, Receipt, ReceiptAnswer, ReceiptWorker } from "./receipt.ts";

/** What the checks of answers share. */
export interface AnswerContext {
  readonly receipt: Receipt;
  readonly workers: ReadonlyMap<Address, ReceiptWorker>;
  readonly recover: Recover;
  readonly report: Report;
}

/** Workers by address; one that stands there twice is reported. */
export function workersOf(receipt: Receipt, report: Report): ReadonlyMap<Address, ReceiptWorker> {
  const workers = new Map<Address, ReceiptWorker>();
  for (const worker of receipt.workers) {
    if (workers.has(worker.worker)) report("operators", `${worker.worker} stands there twice`);
    workers.set(worker.worker, worker);
  }
  return workers;
}

// Workers that answered a task, or committed to an answer and never showed it.
function partakersOf(task: AnsweredTask): readonly Address[] {
  const committed = task.sets.flatMap(({ commitments }) => commitments);
  return [...new Set([...task.answers, ...committed].map(({ worker }) => worker))];
}

/** Whether each operator's cold key says that it owns its worker. */
export function checkWorkers(context: AnswerContext): void {
  const { receipt, recover, report } = context;
  // Workers that answered nothing would make the number of operators look larger than it is.
  const used = new Set([...receipt.tasks, ...receipt.undecided].flatMap(partakersOf));
  for (const { worker, operator, peerId, registrationSeq: seq, operatorSignature } of receipt.workers) {
    const hash = peerIdHash(peerId);
    if (!used.has(worker)) report("operators", `${worker} committed to nothing`);
    if (hash === null) {
      report("operators", `${worker} has no peer id`);
      continue;
    }
    const digest = registrationDigest(receipt.domain, { operator, worker, peerIdHash: hash, seq });
    if (recover(digest, operatorSignature) !== operator)
      report("operators", `${worker} is not registered by ${operator}`);
  }
}

/** What holds of the answers of a task, whatever was made of them. */
export function checkAnswers(task: AnsweredTask, context: AnswerContext): void {
  for (const answer of task.answers) {
    checkCommitment(task, answer, context);
    checkSignatures(task, answer, context);
  }
  checkSets(task, context);
  checkOperators(task, context);
}

function checkCommitment(task: AnsweredTask, answer: ReceiptAnswer, { report }: AnswerContext): void {
  const { worker, digest, salt } = answer;
  const who = `${nameOf(task)}: ${worker}`;
  const of = { taskSpec: task.taskSpec, attempt: answer.attempt };
  if (commitmentOf(of, { worker, digest, salt }) !== answer.commitment) {
    report("commitments", `${who} did not commit to what it revealed`);
  }
  if (resultDigest(answer.outputs) !== digest) report("commitments", `${who} has other outputs than its digest says`);
}

function checkSignatures(task: AnsweredTask, answer: ReceiptAnswer, context: AnswerContext): void {
  const { receipt, recover, report } = context;
  const { domain, escrowId } = receipt;
  const { worker, leaseId, attempt, commitment, commitEvidence, revealEvidence, fine } = answer;
  const who = `${nameOf(task)}: ${worker}`;
  const { taskSpec } = task;
  const committed = isInFrame(commitLeaf({ leaseId, taskSpec, attempt, commitment }), commitEvidence);
  if (!committed || !isFrameSignedBy(worker, { kind: "commit", frame: commitEvidence.frame }, { domain, recover })) {
    report("signatures", `${who} did not sign this commitment`);
  }
  const revealed = isInFrame(receiptLeaf({ taskSpec, attempt }, answer.digest), revealEvidence);
  const { root, signature } = revealEvidence.frame;
  if (!revealed || !isReceiptSignedBy(worker, { escrowId, fine, root, signature }, { domain, recover })) {
    report("signatures", `${who} did not sign this result`);
  }
}

// Over all answers of a task, the overruled ones too: a second chance for the same owner would be a second vote.
function checkOperators(task: AnsweredTask, { workers, report }: AnswerContext): void {
  const seen = new Set<Address>();
  for (const worker of partakersOf(task)) {
    if (workers.get(worker) === undefined)
      report("operators", `${nameOf(task)}: ${worker} is owned by nobody that is named`);
  }
  for (const { worker } of task.answers) {
    const operator = workers.get(worker)?.operator;
    if (operator === undefined) continue;
    if (seen.has(operator)) report("operators", `${nameOf(task)}: ${operator} answered twice`);
    else seen.add(operator);
  }
}
