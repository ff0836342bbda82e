// What a verification found: one line for each question, with the first things that are wrong.

/** One question and its answer. */
export interface ReceiptCheck {
  /** seal, network, order, tasks, commitments, signatures, operators, acceptance or anchor. */
  readonly name: CheckName;
  readonly ok: boolean;
  /** What holds, or the first things that do not. */
  readonly detail: string;
}

/** The questions, in the order in which they are asked. */
export const checkNames = [
  "seal",
  "network",
  "order",
  "tasks",
  "commitments",
  "signatures",
  "operators",
  "acceptance",
  "anchor",
] as const;

export type CheckName = (typeof checkNames)[number];

/** Says that something does not hold. */
export type Report = (check: CheckName, problem: string) => void;

/** A broken receipt breaks in a thousand places for one reason: the first few tell. */
const SHOWN = 3;

/** Collects problems, then lists every question. */
export class Findings {
  readonly #problems = new Map<CheckName, string[]>();

  readonly report: Report = (check, problem) => {
    const known = this.#problems.get(check);
    if (known === undefined) this.#problems.set(check, [problem]);
    else known.push(problem);
  };

  /** Every question in order; `holds` says what is true where nothing was reported. */
  checks(holds: Readonly<Record<CheckName, string>>): readonly ReceiptCheck[] {
    return checkNames.map((name) => {
      const problems = this.#problems.get(name);
      if (problems === undefined) return { name, ok: true, detail: holds[name] };
      const more = problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : "";
      return { name, ok: false, detail: problems.slice(0, SHOWN).join("; ") + more };
    });
  }
}
