// The ruling on a task, made again from its answers: round by round, as the rules say. Nothing is ever accepted by a majority.
import { confirmersMax } from "../trust/terms.ts";
import type { ReceiptAnswer, ReceiptTask } from "./receipt.ts";

/** What the answers of a task are ruled under. */
export interface RulingTerms {
  /** Replicas that the payer's trust asks for. */
  readonly wanted: number;
  /** Whether an answer counts as the standing one. */
  readonly agrees: (answer: ReceiptAnswer) => boolean;
  /**
   * Whether outputs are compared as numbers. Closeness is not transitive, and the receipt has the distances to the standing answer
   * alone: whether two others were close is then read from what was done next. In the end all must be close to the one that stands.
   */
  readonly comparesNumbers: boolean;
}

/** What the rules make of the answers. */
export interface Replay {
  /** Why they do not end in the accepted result; null when they do. */
  readonly problem: string | null;
  /** The round with which the first answers were complete, or had begun to differ. Whoever answers later audits or decides. */
  readonly ruledAt: number;
}

type Phase =
  /** The first answers come in. */
  | { readonly kind: "first" }
  /** All in doubt agree: what comes now is an audit. */
  | { readonly kind: "accepted"; readonly by: ReceiptTask["acceptedBy"] }
  | { readonly kind: "mismatch" }
  /**
   * A referee gave an answer that nobody else gave: others are heard, until one confirms it. It stands if nobody was free for that.
   * `against` counts those who were asked and differ.
   */
  | { readonly kind: "alone"; readonly referee: ReceiptAnswer; readonly against: number }
  /** Fresh replicas decide; `again` when a first round of them differed and a second one does. */
  | { readonly kind: "fresh"; readonly answers: readonly ReceiptAnswer[]; readonly again: boolean }
  | { readonly kind: "broken"; readonly problem: string };

interface Ruling {
  readonly phase: Phase;
  /** Answers that nobody has refuted. */
  readonly inDoubt: readonly ReceiptAnswer[];
}

/** Rules on the answers of a task again. */
export function replay(task: ReceiptTask, terms: RulingTerms): Replay {
  const rounds = [...new Set(task.answers.map(({ round }) => round))].sort((a, b) => a - b);
  let ruling: Ruling = { phase: { kind: "first" }, inDoubt: [] };
  let ruledAt = Number.POSITIVE_INFINITY;
  for (const round of rounds) {
    const came = task.answers.filter((answer) => answer.round === round);
    ruling = next(ruling, came, terms);
    if (ruledAt === Number.POSITIVE_INFINITY && ruling.phase.kind !== "first") ruledAt = round;
  }
  return { problem: problemOf(task, ruling, terms), ruledAt };
}

function next(ruling: Ruling, came: readonly ReceiptAnswer[], terms: RulingTerms): Ruling {
  const { phase, inDoubt } = ruling;
  const all = [...inDoubt, ...came];
  switch (phase.kind) {
    case "first":
      if (came.some(({ role }) => role === "referee")) {
        if (isUnsure(inDoubt, terms)) return next({ phase: { kind: "mismatch" }, inDoubt }, came, terms);
        return broken("a referee answered, and nothing was in doubt");
      }
      if (differ(all, terms)) return contested(all, terms);
      return { phase: all.length >= terms.wanted ? { kind: "accepted", by: "agreement" } : phase, inDoubt: all };
    case "accepted":
      if (came.some(({ audit }) => audit === null)) {
        if (isUnsure(inDoubt, terms)) return next({ phase: { kind: "mismatch" }, inDoubt }, came, terms);
        return broken("somebody was asked again, and nothing was in doubt");
      }
      return differ(all, terms) ? contested(all, terms) : { phase, inDoubt: all };
    case "mismatch": {
      if (came.every(({ audit }) => audit !== null) && isUnsure(inDoubt, terms)) return contested(all, terms);
      const referee = came.find(({ role }) => role === "referee");
      return referee === undefined
        ? asked({ came, inDoubt, fresh: [], again: false }, terms)
        : ruledBy(referee, all, terms);
    }
    case "alone":
      if (came.every(({ audit }) => audit !== null))
        return next({ phase: { kind: "accepted", by: "referee" }, inDoubt: [phase.referee] }, came, terms);
      return confirmedBy(came, { phase, all }, terms);
    case "fresh":
      return asked({ came, inDoubt, fresh: phase.answers, again: phase.again }, terms);
    case "broken":
      return ruling;
  }
}

// A referee that has answered before, as one that made an audit, need not be asked again.
function contested(all: readonly ReceiptAnswer[], terms: RulingTerms): Ruling {
  const referee = all.find(({ role }) => role === "referee");
  return referee === undefined ? { phase: { kind: "mismatch" }, inDoubt: all } : ruledBy(referee, all, terms);
}

// A referee's answer stands once a second operator gives it too.
function ruledBy(referee: ReceiptAnswer, all: readonly ReceiptAnswer[], terms: RulingTerms): Ruling {
  const winners = all.filter((answer) => !differ([referee, answer], terms));
  if (winners.length > 1) return { phase: { kind: "accepted", by: "referee" }, inDoubt: winners };
  return { phase: { kind: "alone", referee, against: 0 }, inDoubt: all };
}

type Alone = Extract<Ruling["phase"], { kind: "alone" }>;

// Several may be asked to confirm a referee: a liar among them must not end the job.
function confirmedBy(
  came: readonly ReceiptAnswer[],
  { phase, all }: { readonly phase: Alone; readonly all: readonly ReceiptAnswer[] },
  terms: RulingTerms,
): Ruling {
  const { referee } = phase;
  const against = phase.against + came.filter((answer) => differ([referee, answer], terms)).length;
  if (against >= confirmersMax) return broken(`${against} answers that were to confirm the referee differ`);
  const ruling = ruledBy(referee, all, terms);
  return ruling.phase.kind === "alone" ? { ...ruling, phase: { ...ruling.phase, against } } : ruling;
}

interface Fresh {
  readonly came: readonly ReceiptAnswer[];
  readonly inDoubt: readonly ReceiptAnswer[];
  /** Fresh answers of earlier rounds that count with these. */
  readonly fresh: readonly ReceiptAnswer[];
  readonly again: boolean;
}

// One liar among fresh replicas must not end a job: where they show two kinds of answers, others are asked once more, and these must agree.
function asked({ came, inDoubt, fresh, again }: Fresh, terms: RulingTerms): Ruling {
  const answers = [...fresh, ...came];
  const [first] = answers;
  if (answers.some(({ role }) => role === "referee")) return broken("a referee stands among the fresh replicas");
  if (first === undefined || (again && differ(answers, terms))) return broken("the fresh replicas do not agree");
  if (differ(answers, terms)) {
    const kinds = new Set(answers.map(({ digest }) => digest)).size;
    if (kinds > 2 && !terms.comparesNumbers) return broken("the fresh replicas do not agree, in more than two ways");
    return { phase: { kind: "fresh", answers: [], again: true }, inDoubt: [...inDoubt, ...answers] };
  }
  if (answers.length <= terms.wanted) return { phase: { kind: "fresh", answers, again }, inDoubt };
  const winners = [...inDoubt, ...answers].filter((answer) => !differ([first, answer], terms));
  return { phase: { kind: "accepted", by: "freshReplicas" }, inDoubt: winners };
}

function problemOf(task: ReceiptTask, { phase, inDoubt }: Ruling, { wanted, agrees }: RulingTerms): string | null {
  switch (phase.kind) {
    case "first":
      return `only ${inDoubt.length} of ${wanted} replicas answered`;
    case "mismatch":
      return "the answers do not agree, and nobody ruled on them";
    case "fresh":
      if (phase.again && phase.answers.length === 0) return "the fresh replicas do not agree";
      return `only ${phase.answers.length} of ${wanted + 1} fresh replicas answered`;
    case "broken":
      return phase.problem;
    case "accepted":
    case "alone": {
      if (phase.kind === "alone" && phase.against > 0) return "the referee was contradicted, and nobody confirmed it";
      const by = phase.kind === "alone" ? "referee" : phase.by;
      if (by !== task.acceptedBy) return `it is said to be accepted by ${task.acceptedBy}, and was by ${by}`;
      const standing = phase.kind === "alone" ? [phase.referee] : inDoubt;
      return standing.every(agrees) ? null : "another answer than the accepted one stands by the rules";
    }
  }
}

function differ(answers: readonly ReceiptAnswer[], { agrees }: RulingTerms): boolean {
  return new Set(answers.map((answer) => (agrees(answer) ? "standing" : answer.digest))).size > 1;
}

function isUnsure(answers: readonly ReceiptAnswer[], { comparesNumbers }: RulingTerms): boolean {
  return comparesNumbers && new Set(answers.map(({ digest }) => digest)).size > 1;
}

function broken(problem: string): Ruling {
  return { phase: { kind: "broken", problem }, inDoubt: [] };
}
