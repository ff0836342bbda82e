// The coordinator's own ruling, asked about answers of the arena.
import { type AnswerInDoubt, compareAnswers } from "@starling/coordinator/core";
import { assert } from "@starling/kernel";
import type { LeaseId } from "@starling/protocol";
import type { Answer } from "../arena.ts";
import type { Operator } from "../population.ts";

/** An answer that was given, with what it is paid and fined by. */
export interface Given {
  /** Null is the payer's own machine. */
  readonly operator: Operator | null;
  readonly answer: Answer;
  readonly fine: number;
  readonly isUnderfined: boolean;
  /** Whether its fine is below that of work which nobody checks. */
  readonly isThin: boolean;
  /** Whether it was asked for after a mismatch, in the round that counts now. */
  isFresh: boolean;
  isPaid: boolean;
}

/** What the coordinator makes of them. */
export type Verdict =
  | {
      readonly kind: "accept";
      readonly answer: Answer;
      readonly losers: readonly Given[];
      readonly caught: readonly Given[];
    }
  | { readonly kind: "mismatch" | "freshAgain" | "disputed" | "nondeterministic" }
  | { readonly kind: "more"; readonly count: number };

/** What answers are ruled under. */
export interface Question {
  readonly needed: number;
  readonly replicas: number;
  readonly resolver: "agreement" | "referee" | "freshReplicas";
  readonly isSecondRound: boolean;
}

/** Rules on the answers of a task. */
export function ruling(answers: readonly Given[], question: Question): Verdict {
  const { isSecondRound, ...terms } = question;
  const inDoubt = answers.map(
    ({ operator, isFresh }, i): AnswerInDoubt => ({
      leaseId: leaseId(i),
      role: operator === null ? "referee" : "replica",
      fresh: isFresh,
    }),
  );
  const given = (id: LeaseId): Given | undefined => answers[Number(id)];
  const ruled = compareAnswers(inDoubt, {
    ...terms,
    unconfirmed: false,
    isFreshAgain: isSecondRound,
    same: (left, right) => (given(left)?.answer === given(right)?.answer ? "same" : "different"),
  });
  if (ruled.kind === "more") return { kind: "more", count: ruled.count };
  assert(ruled.kind !== "unknown", "answers of the arena can be compared");
  if (ruled.kind !== "accept") return { kind: ruled.kind };
  const listed = (ids: readonly LeaseId[]): Given[] => ids.flatMap((id) => given(id) ?? []);
  const answer = given(ruled.standing)?.answer ?? "right";
  return { kind: "accept", answer, losers: listed(ruled.losers), caught: listed(ruled.caught) };
}

function leaseId(index: number): LeaseId {
  return `0x${index.toString(16).padStart(64, "0")}`;
}
