// The answers of a receipt: committed before they were revealed, signed by their workers, owned by distinct operators.
import { commitLeaf, isFrameSignedBy, isInFrame, isReceiptSignedBy } from "../frame.ts";
import type { Address } from "../ids.ts";
import { peerIdHash } from "../peer-id.ts";
import { commitmentOf, receiptLeaf, resultDigest } from "../result-digest.ts";
import type { Recover } from "../signature.ts";
import { trustTerms } from "../trust/terms.ts";
import { registrationDigest } from "../typed-data.ts";
import { nameOf } from "./check-job.ts";
import type { Report } from "./findings.ts";
import type { Receipt, ReceiptAnswer, ReceiptTask, ReceiptWorker } from "./receipt.ts";

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

/** Whether each operator's cold key says that it owns its worker. */
export function checkWorkers(context: AnswerContext): void {
  const { receipt, recover, report } = context;
  // Workers that answered nothing would make the number of operators look larger than it is.
  const used = new Set(receipt.tasks.flatMap((task) => task.answers.map((answer) => answer.worker)));
  for (const { worker, operator, peerId, registrationSeq: seq, operatorSignature } of receipt.workers) {
    const hash = peerIdHash(peerId);
    if (!used.has(worker)) report("operators", `${worker} answered nothing`);
    if (hash === null) {
      report("operators", `${worker} has no peer id`);
      continue;
    }
    const digest = registrationDigest(receipt.domain, { operator, worker, peerIdHash: hash, seq });
    if (recover(digest, operatorSignature) !== operator)
      report("operators", `${worker} is not registered by ${operator}`);
  }
}

/** Everything about the answers of one task. */
export function checkAnswers(task: ReceiptTask, context: AnswerContext): void {
  for (const answer of task.answers) {
    checkCommitment(task, answer, context);
    checkSignatures(task, answer, context);
  }
  checkOperators(task, context);
  checkAcceptance(task, context);
}

function checkCommitment(task: ReceiptTask, answer: ReceiptAnswer, { report }: AnswerContext): void {
  const { worker, digest, salt } = answer;
  const who = `${nameOf(task)}: ${worker}`;
  const of = { taskSpec: task.taskSpec, attempt: answer.attempt };
  if (commitmentOf(of, { worker, digest, salt }) !== answer.commitment) {
    report("commitments", `${who} did not commit to what it revealed`);
  }
  if (resultDigest(answer.outputs) !== digest) report("commitments", `${who} has other outputs than its digest says`);
}

function checkSignatures(task: ReceiptTask, answer: ReceiptAnswer, context: AnswerContext): void {
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
function checkOperators(task: ReceiptTask, { workers, report }: AnswerContext): void {
  const seen = new Set<Address>();
  for (const { worker } of task.answers) {
    const operator = workers.get(worker)?.operator;
    if (operator === undefined) report("operators", `${nameOf(task)}: ${worker} is owned by nobody that is named`);
    else if (seen.has(operator)) report("operators", `${nameOf(task)}: ${operator} answered twice`);
    else seen.add(operator);
  }
}

/** The rule by which the result was accepted. Nothing is ever accepted by a majority. */
function checkAcceptance(task: ReceiptTask, context: AnswerContext): void {
  const { receipt, workers, report } = context;
  const trusted = new Set<Address | undefined>([receipt.payer, ...(receipt.spec.referees ?? [])]);
  const isReferee = (answer: ReceiptAnswer): boolean => trusted.has(workers.get(answer.worker)?.operator);
  const referees = task.answers.filter(isReferee);
  const replicas = task.answers.filter((answer) => !isReferee(answer));
  const problem =
    misplacedRole(task, isReferee) ??
    acceptanceProblem(task, { referees, replicas }, trustTerms(receipt.spec.trust).replicas);
  if (problem !== null) report("acceptance", `${nameOf(task)}: ${problem}`);
}

// Roles follow from owners, never from what the coordinator writes: it could name its own friends referees.
function misplacedRole(task: ReceiptTask, isReferee: (answer: ReceiptAnswer) => boolean): string | null {
  const wrong = task.answers.find((answer) => (answer.role === "referee") !== isReferee(answer));
  if (wrong === undefined) return null;
  return wrong.role === "referee"
    ? `${wrong.worker} acted as referee, but belongs to nobody whom the payer trusts`
    : `${wrong.worker} of a referee's operator acted as a replica`;
}

interface Answers {
  readonly referees: readonly ReceiptAnswer[];
  readonly replicas: readonly ReceiptAnswer[];
}

function acceptanceProblem(task: ReceiptTask, { referees, replicas }: Answers, wanted: number): string | null {
  const agrees = (answer: ReceiptAnswer): boolean => answer.digest === task.digest;
  if (!task.answers.some((answer) => agrees(answer) && answer.attempt === task.attempt)) {
    return "the anchored attempt is none of those that agree";
  }
  switch (task.acceptedBy) {
    case "agreement":
      if (referees.length > 0 || !replicas.every(agrees)) return "not all answers agree";
      return replicas.length >= wanted ? null : `only ${replicas.length} of ${wanted} replicas answered`;
    case "referee":
      if (!disagree(replicas)) return "a referee ruled where nobody disagreed";
      return referees.length > 0 && referees.every(agrees) ? null : "no referee gave the accepted answer";
    case "freshReplicas": {
      const fresh = replicas.filter(({ round }) => round > mismatchRound(replicas));
      if (referees.length > 0 || !fresh.every(agrees)) return "the fresh replicas do not agree";
      return fresh.length > wanted ? null : `only ${fresh.length} of ${wanted + 1} fresh replicas answered`;
    }
  }
}

function disagree(answers: readonly ReceiptAnswer[]): boolean {
  return new Set(answers.map(({ digest }) => digest)).size > 1;
}

// The first round after which the answers disagree: those up to it are in doubt, those after it are fresh.
function mismatchRound(answers: readonly ReceiptAnswer[]): number {
  const rounds = [...new Set(answers.map(({ round }) => round))].sort((a, b) => a - b);
  const found = rounds.find((limit) => disagree(answers.filter(({ round }) => round <= limit)));
  return found ?? Number.MAX_SAFE_INTEGER;
}
