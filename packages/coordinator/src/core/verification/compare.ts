// From answers to a ruling: a pure function. No majority is ever accepted, and nobody is blamed on one operator's word.
import { confirmersMax, type LeaseId } from "@starling/protocol";
import type { Resolver } from "../fact.ts";
import type { Sameness } from "./equivalence.ts";

/** An answer as far as a ruling needs it. */
export interface AnswerInDoubt {
  readonly leaseId: LeaseId;
  readonly role: "replica" | "referee";
  /** Whether it was asked for after the mismatch. */
  readonly fresh: boolean;
}

/** What the answers of a task are compared under. */
export interface Comparison {
  readonly resolver: Resolver;
  /** Answers that must agree while nothing is in doubt: the replicas, and one more for an audit. */
  readonly needed: number;
  /** Replicas that the job asks for. */
  readonly replicas: number;
  /** A referee that stands alone was to be confirmed, and no operator was free for that in time. */
  readonly unconfirmed: boolean;
  /** A first round of fresh replicas did not agree; those that count as fresh now are a second one, and there is no third. */
  readonly isFreshAgain: boolean;
  readonly same: (left: LeaseId, right: LeaseId) => Sameness;
}

/** An answer that stands, by the lease that gave it first. */
interface Acceptance {
  readonly kind: "accept";
  readonly standing: LeaseId;
  readonly winners: readonly LeaseId[];
  readonly losers: readonly LeaseId[];
  /** Losers that are blamed: two operators at least contradict them, and the bytes were read. */
  readonly caught: readonly LeaseId[];
  readonly by: Resolver;
}

/** Two leases whose outputs have to be compared. */
export type Pair = readonly [LeaseId, LeaseId];

export type Ruling =
  | Acceptance
  /** So many answers are missing. */
  | { readonly kind: "more"; readonly count: number }
  /** Nothing can be said before these are compared. */
  | { readonly kind: "unknown"; readonly pairs: readonly Pair[] }
  /** Answers differ and nobody has decided yet. */
  | { readonly kind: "mismatch" }
  /** Fresh replicas differ, as one liar among them would bring about: others are asked once more. */
  | { readonly kind: "freshAgain" }
  /** Fresh replicas do not agree either, or contradict others that decided before: nothing is accepted, nobody is excluded by it. */
  | { readonly kind: "disputed"; readonly isReversal?: true }
  /** Even those that should decide differ: the program is to blame, everybody is paid. */
  | { readonly kind: "nondeterministic" };

/** Rules on all answers of a task, in their order. */
export function compareAnswers(answers: readonly AnswerInDoubt[], comparison: Comparison): Ruling {
  switch (comparison.resolver) {
    case "agreement":
      return byAgreement(answers, comparison);
    case "referee":
      return byReferee(answers, comparison);
    case "freshReplicas":
      return byFreshReplicas(answers, comparison);
  }
}

function byAgreement(answers: readonly AnswerInDoubt[], comparison: Comparison): Ruling {
  const { needed } = comparison;
  const [first] = answers;
  if (first === undefined) return { kind: "more", count: needed };
  const { different, unreadable, unknown } = measure(first, answers, comparison);
  if (different.length + unreadable.length > 0) return { kind: "mismatch" };
  if (unknown.length > 0) return { kind: "unknown", pairs: unknown };
  if (answers.length < needed) return { kind: "more", count: needed - answers.length };
  return { ...standFor(first, answers, comparison), by: "agreement" };
}

// The payer's own machine re-executed the task. Its answer stands, but alone it blames nobody: others are heard first, until one confirms it.
function byReferee(answers: readonly AnswerInDoubt[], comparison: Comparison): Ruling {
  const referee = answers.find(({ role }) => role === "referee");
  if (referee === undefined) return { kind: "more", count: 1 };
  const { equal, unknown } = measure(referee, answers, comparison);
  if (unknown.length > 0) return { kind: "unknown", pairs: unknown };
  const ruling = { ...standFor(referee, answers, comparison), by: "referee" } as const;
  if (equal.length > 1) return ruling;
  const against = answers.filter(({ role, fresh }) => role === "replica" && fresh).length;
  if (against < confirmersMax && !comparison.unconfirmed) return { kind: "more", count: 1 };
  return against > 0 ? { kind: "nondeterministic" } : { ...ruling, caught: [] };
}

function byFreshReplicas(answers: readonly AnswerInDoubt[], comparison: Comparison): Ruling {
  const fresh = answers.filter((answer) => answer.fresh);
  const wanted = comparison.replicas + 1;
  const [first] = fresh;
  if (first === undefined) return { kind: "more", count: wanted };
  const { different, unreadable, unknown } = measure(first, fresh, comparison);
  if (different.length + unreadable.length > 0) return disagreement(answers, fresh, comparison);
  if (unknown.length > 0) return { kind: "unknown", pairs: unknown };
  if (fresh.length < wanted) return { kind: "more", count: wanted - fresh.length };
  const older = measure(first, answers, comparison).unknown;
  if (older.length > 0) return { kind: "unknown", pairs: older };
  return { ...standFor(first, answers, comparison), by: "freshReplicas" };
}

// Two kinds of answers may be two camps, and a jury can tell which is right; three cannot come from a program that always does the same.
// That takes fresh answers alone, or a second round of them: one liar before the mismatch and one after it must not end a job.
function disagreement(
  answers: readonly AnswerInDoubt[],
  fresh: readonly AnswerInDoubt[],
  comparison: Comparison,
): Ruling {
  const counted = comparison.isFreshAgain ? answers : fresh;
  const { kinds, unknown } = kindsOf(counted, comparison);
  // What is not measured yet could turn two camps into three, and a jury's case into a fault of the program.
  if (unknown.length > 0) return { kind: "unknown", pairs: unknown };
  if (kinds >= 3) return { kind: "nondeterministic" };
  return comparison.isFreshAgain ? { kind: "disputed" } : { kind: "freshAgain" };
}

function kindsOf(
  answers: readonly AnswerInDoubt[],
  { same }: Comparison,
): { readonly kinds: number; readonly unknown: readonly Pair[] } {
  const kinds: LeaseId[] = [];
  const unknown: Pair[] = [];
  for (const { leaseId } of answers) {
    const found = kinds.map((kind): readonly [Pair, Sameness] => [[kind, leaseId], same(kind, leaseId)]);
    // What could not be read may be any of them.
    if (found.some(([, sameness]) => sameness === "same" || sameness === "unreadable")) continue;
    unknown.push(...found.flatMap(([pair, sameness]) => (sameness === "unknown" ? [pair] : [])));
    kinds.push(leaseId);
  }
  return { kinds: kinds.length, unknown };
}

interface Measured {
  readonly equal: readonly LeaseId[];
  readonly different: readonly LeaseId[];
  /** Neither equal nor different: the coordinator could not read their bytes, which is nobody's fault among the workers. */
  readonly unreadable: readonly LeaseId[];
  readonly unknown: readonly Pair[];
}

// All answers are measured by one: closeness alone would let a chain of small steps lead anywhere.
function measure(by: AnswerInDoubt, answers: readonly AnswerInDoubt[], { same }: Comparison): Measured {
  const equal: LeaseId[] = [];
  const different: LeaseId[] = [];
  const unreadable: LeaseId[] = [];
  const unknown: Pair[] = [];
  for (const { leaseId } of answers) {
    const found = leaseId === by.leaseId ? "same" : same(by.leaseId, leaseId);
    if (found === "same") equal.push(leaseId);
    else if (found === "different") different.push(leaseId);
    else if (found === "unreadable") unreadable.push(leaseId);
    else unknown.push([by.leaseId, leaseId]);
  }
  return { equal, different, unreadable, unknown };
}

function standFor(
  by: AnswerInDoubt,
  answers: readonly AnswerInDoubt[],
  comparison: Comparison,
): Omit<Acceptance, "by"> {
  const { equal, different, unreadable } = measure(by, answers, comparison);
  const losers = [...different, ...unreadable];
  return { kind: "accept", standing: by.leaseId, winners: equal, losers, caught: different };
}

/** A planted bug: the most frequent answer wins. Two of three would let one liar in four hundred through. */
export function byMajority(answers: readonly AnswerInDoubt[], comparison: Comparison): Ruling {
  let best: Omit<Acceptance, "by"> | null = null;
  for (const answer of answers) {
    const one = standFor(answer, answers, comparison);
    if (best === null || one.winners.length > best.winners.length) best = one;
  }
  return best === null ? { kind: "more", count: 1 } : { ...best, by: comparison.resolver };
}
