// The rule by which each result of a receipt was accepted. Nothing is ever accepted by a majority.
import type { Address } from "../ids.ts";
import { rulingTermsOf } from "./agreement.ts";
import type { AnswerContext } from "./check-answers.ts";
import { nameOf } from "./check-job.ts";
import type { ReceiptAnswer, ReceiptTask } from "./receipt.ts";
import { replay } from "./replay.ts";

/** Whether the answers of a task suffice for its result under the trust that the payer signed. */
export function checkAcceptance(task: ReceiptTask, context: AnswerContext): void {
  const { receipt, workers, report } = context;
  const trusted = new Set<Address | undefined>([receipt.payer, ...(receipt.spec.referees ?? [])]);
  const isReferee = (answer: ReceiptAnswer): boolean => trusted.has(workers.get(answer.worker)?.operator);
  const terms = rulingTermsOf(task, receipt.spec);
  const problem = misplacedRole(task, isReferee) ?? standingProblem(task) ?? replay(task, terms).problem;
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

function standingProblem(task: ReceiptTask): string | null {
  const isStanding = ({ digest, attempt }: ReceiptAnswer): boolean =>
    digest === task.digest && attempt === task.attempt;
  return task.answers.some(isStanding) ? null : "the anchored attempt is none of those that gave the accepted result";
}
