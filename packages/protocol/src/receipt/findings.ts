// What a verification found: one line for each question, with the first things that are wrong.

/** The questions, in the order in which they are asked. */
export const receiptQuestions = {
  seal: "Did its coordinator sign every byte of this receipt?",
  network: "Is that a coordinator of the network that you trust, with its chain and contracts?",
  order: "Did the payer sign this job, this spec and this lottery, for this coordinator?",
  tasks: "Is every task of the spec there once, with the program and inputs that the spec gives it?",
  lottery:
    "Is each ticket the one that the payer bound himself to, and was all that it draws asked of one more operator?",
  commitments: "Was each answer in a closed set of salted commitments before anybody showed one?",
  signatures: "Did each worker sign its commitment, its result and the fine?",
  operators: "Is each worker registered by its operator's cold key, and did no operator answer a task twice?",
  acceptance:
    "Did as many answers agree as the payer's trust asks for, and was each mismatch ruled on without a majority?",
  comparison: "Do answers that count as equal differ no more than the payer's spec allows?",
  files: "Are the files that you hold the accepted outputs?",
  anchor: "Is each result, with all its answers, a leaf under a root that is on chain?",
} as const;

export type CheckName = keyof typeof receiptQuestions;

/** Names of the questions in their order. */
export const checkNames = Object.keys(receiptQuestions) as readonly CheckName[];

/** One question and its answer. */
export interface ReceiptCheck {
  readonly name: CheckName;
  /** Whether the answer is yes, without reservation, or was not asked for. */
  readonly ok: boolean;
  /** Skipped for want of something to check against. A warning is something that is missing, as the receipt itself says. */
  readonly outcome: "ok" | "skipped" | "warning" | "failed";
  readonly question: string;
  /** What holds, or the first things that do not. */
  readonly detail: string;
}

/** Says that something does not hold. */
export type Report = (check: CheckName, problem: string) => void;

/** A broken receipt breaks in a thousand places for one reason: the first few tell. */
const SHOWN = 3;

/** Collects problems, then lists every question. */
export class Findings {
  readonly #problems = new Map<CheckName, string[]>();
  readonly #warnings = new Map<CheckName, string[]>();
  readonly #skipped = new Map<CheckName, string[]>();

  readonly report: Report = (check, problem) => note(this.#problems, check, problem);

  /** Says that something is missing, as the receipt admits. */
  readonly warn: Report = (check, problem) => note(this.#warnings, check, problem);

  /** Says that a question cannot be asked, and what it takes. */
  readonly skip: Report = (check, reason) => note(this.#skipped, check, reason);

  /** Every question in order; `holds` says what is true where nothing was reported. */
  checks(holds: Readonly<Record<CheckName, string>>): readonly ReceiptCheck[] {
    return checkNames.map((name) => {
      const about = { name, question: receiptQuestions[name] };
      const problems = this.#problems.get(name);
      if (problems !== undefined) return { ...about, ok: false, outcome: "failed", detail: firstOf(problems) };
      const warnings = this.#warnings.get(name);
      if (warnings !== undefined) return { ...about, ok: false, outcome: "warning", detail: firstOf(warnings) };
      const skipped = this.#skipped.get(name);
      if (skipped !== undefined) return { ...about, ok: true, outcome: "skipped", detail: firstOf(skipped) };
      return { ...about, ok: true, outcome: "ok", detail: holds[name] };
    });
  }
}

function note(found: Map<CheckName, string[]>, check: CheckName, problem: string): void {
  const known = found.get(check);
  if (known === undefined) found.set(check, [problem]);
  else known.push(problem);
}

function firstOf(problems: readonly string[]): string {
  const more = problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : "";
  return problems.slice(0, SHOWN).join("; ") + more;
}
