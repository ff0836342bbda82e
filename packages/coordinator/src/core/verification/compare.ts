// From answers to a ruling: a pure function. No majority is ever accepted, and nobody is blamed by one.
import type { Hash, LeaseId } from "@starling/protocol";
import type { Resolver } from "../fact.ts";

/** An answer as far as a ruling needs it. */
export interface AnswerInDoubt {
  readonly leaseId: LeaseId;
  readonly digest: Hash;
  readonly role: "replica" | "referee";
  /** Whether it was asked for after the mismatch. */
  readonly fresh: boolean;
}

/** What the answers of a task are compared under. */
export interface Comparison {
  readonly resolver: Resolver;
  /** Answers that must agree while nothing is in doubt. */
  readonly replicas: number;
}

export type Ruling =
  | {
      readonly kind: "accept";
      readonly digest: Hash;
      readonly winners: readonly LeaseId[];
      readonly losers: readonly LeaseId[];
    }
  /** So many answers are missing. */
  | { readonly kind: "more"; readonly count: number }
  /** Answers differ and nobody has decided yet. */
  | { readonly kind: "mismatch" }
  /** Fresh replicas do not agree either: nothing is accepted, nobody is excluded. */
  | { readonly kind: "disputed" }
  /** At least three different answers: the program is to blame, everybody is paid. */
  | { readonly kind: "nondeterministic" };

/** Rules on all answers of a task. */
export function compareAnswers(answers: readonly AnswerInDoubt[], comparison: Comparison): Ruling {
  switch (comparison.resolver) {
    case "agreement":
      return byAgreement(answers, comparison.replicas);
    case "referee":
      return byReferee(answers);
    case "freshReplicas":
      return byFreshReplicas(answers, comparison.replicas);
  }
}

function byAgreement(answers: readonly AnswerInDoubt[], replicas: number): Ruling {
  const [first] = answers;
  if (first === undefined) return { kind: "more", count: replicas };
  if (answers.some((answer) => answer.digest !== first.digest)) return { kind: "mismatch" };
  if (answers.length < replicas) return { kind: "more", count: replicas - answers.length };
  return { kind: "accept", digest: first.digest, winners: answers.map(({ leaseId }) => leaseId), losers: [] };
}

// The payer's own machine re-executed the task: its answer stands, even against all others.
function byReferee(answers: readonly AnswerInDoubt[]): Ruling {
  const referee = answers.find((answer) => answer.role === "referee");
  return referee === undefined ? { kind: "more", count: 1 } : standFor(answers, referee.digest);
}

function byFreshReplicas(answers: readonly AnswerInDoubt[], replicas: number): Ruling {
  const fresh = answers.filter((answer) => answer.fresh);
  const digests = new Set(fresh.map(({ digest }) => digest));
  if (digests.size > 1) return disagreement(answers);
  if (fresh.length < replicas + 1) return { kind: "more", count: replicas + 1 - fresh.length };
  const [digest] = digests;
  return digest === undefined ? disagreement(answers) : standFor(answers, digest);
}

function disagreement(answers: readonly AnswerInDoubt[]): Ruling {
  const distinct = new Set(answers.map(({ digest }) => digest)).size;
  return distinct >= 3 ? { kind: "nondeterministic" } : { kind: "disputed" };
}

function standFor(answers: readonly AnswerInDoubt[], digest: Hash): Ruling {
  const winners = answers.filter((answer) => answer.digest === digest).map(({ leaseId }) => leaseId);
  const losers = answers.filter((answer) => answer.digest !== digest).map(({ leaseId }) => leaseId);
  return { kind: "accept", digest, winners, losers };
}

/** A planted bug: the most frequent answer wins. Two of three would let one liar in four hundred through. */
export function byMajority(answers: readonly AnswerInDoubt[]): Ruling {
  const counts = new Map<Hash, number>();
  for (const { digest } of answers) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  const [best] = [...counts].sort((a, b) => b[1] - a[1]);
  return best === undefined ? { kind: "more", count: 1 } : standFor(answers, best[0]);
}
