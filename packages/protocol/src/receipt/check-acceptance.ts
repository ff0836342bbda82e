// The rule by which each result of a receipt was accepted. Nothing is ever accepted by a majority.
import type { Address } from "../ids.ts";
import { trustTerms } from "../trust/terms.ts";
import { agreementOf, disagree } from "./agreement.ts";
import type { AnswerContext } from "./check-answers.ts";
import { nameOf } from "./check-job.ts";
import type { ReceiptAnswer, ReceiptTask } from "./receipt.ts";

/** Whether the answers of a task suffice for its result under the trust that the payer signed. */
export function checkAcceptance(task: ReceiptTask, context: AnswerContext): void {
  const { receipt, workers, report } = context;
  const trusted = new Set<Address | undefined>([receipt.payer, ...(receipt.spec.referees ?? [])]);
  const isReferee = (answer: ReceiptAnswer): boolean => trusted.has(workers.get(answer.worker)?.operator);
  const answers = {
    referees: task.answers.filter(isReferee),
    replicas: task.answers.filter((answer) => !isReferee(answer)),
    wanted: trustTerms(receipt.spec.trust).replicas,
    agrees: agreementOf(task, receipt.spec),
  };
  const problem = misplacedRole(task, isReferee) ?? acceptanceProblem(task, answers);
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
  /** Replicas that the payer's trust asks for. */
  readonly wanted: number;
  readonly agrees: (answer: ReceiptAnswer) => boolean;
}

function acceptanceProblem(task: ReceiptTask, answers: Answers): string | null {
  if (!task.answers.some(({ digest, attempt }) => digest === task.digest && attempt === task.attempt)) {
    return "the anchored attempt is none of those that gave the accepted result";
  }
  switch (task.acceptedBy) {
    case "agreement":
      return agreementProblem(answers);
    case "referee":
      return refereeProblem(answers);
    case "freshReplicas":
      return freshProblem(answers);
  }
}

// Audits stand among the answers: one that differs ends the agreement. A referee makes one where nobody else is free.
function agreementProblem({ referees, replicas, wanted, agrees }: Answers): string | null {
  if (![...referees, ...replicas].every(agrees)) return "not all answers agree";
  if (referees.some(({ audit }) => audit === null)) return "a referee answered, and nothing was in doubt";
  return replicas.length >= wanted ? null : `only ${replicas.length} of ${wanted} replicas answered`;
}

// A referee whom nobody confirms stands where nobody was free to ask: never against a replica that was asked after it.
function refereeProblem({ referees, replicas, agrees }: Answers): string | null {
  const [first] = referees;
  if (first === undefined || !referees.every(agrees)) return "no referee gave the accepted answer";
  if (!disagree(replicas, agrees) && replicas.some(agrees)) return "a referee ruled where nobody disagreed";
  const asked = replicas.filter(({ round }) => round > first.round);
  return asked.length > 0 && !replicas.some(agrees) ? "the answer that was to confirm the referee differs" : null;
}

function freshProblem({ referees, replicas, wanted, agrees }: Answers): string | null {
  const fresh = replicas.filter(({ round }) => round > mismatchRound(replicas, agrees));
  if (referees.length > 0 || !fresh.every(agrees)) return "the fresh replicas do not agree";
  return fresh.length > wanted ? null : `only ${fresh.length} of ${wanted + 1} fresh replicas answered`;
}

// The first round after which the answers disagree: those up to it are in doubt, those after it are fresh.
function mismatchRound(answers: readonly ReceiptAnswer[], agrees: Answers["agrees"]): number {
  const rounds = [...new Set(answers.map(({ round }) => round))].sort((a, b) => a - b);
  const found = rounds.find((limit) =>
    disagree(
      answers.filter(({ round }) => round <= limit),
      agrees,
    ),
  );
  return found ?? Number.MAX_SAFE_INTEGER;
}
