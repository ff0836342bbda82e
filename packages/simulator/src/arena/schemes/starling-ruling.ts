// The coordinator's own ruling, asked about answers of the arena.
import { type AnswerInDoubt, compareAnswers } from "@starling/coordinator/core";
import type { LeaseId } from "@starling/protocol";
import type { Answer } from "../arena.ts";
import type { Operator } from "../population.ts";

/** An answer that was given, with what it is paid and fined by. */
export interface Given {
  /** Null is the payer's own machine. */
  readonly operator: Operator | null;
  readonly answer: Answer;
  readonly fine: number;
  /** Whether it was asked for to confirm a referee that stood alone. */
  readonly isFresh: boolean;
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
  | { readonly kind: "more" | "mismatch" | "nobodyIsRight" };

/** Rules on the answers of a task; the referee decides as soon as it has answered. */
export function ruling(
  answers: readonly Given[],
  { needed, replicas }: { readonly needed: number; readonly replicas: number },
): Verdict {
  const inDoubt = answers.map(
    ({ operator, isFresh }, i): AnswerInDoubt => ({
      leaseId: leaseId(i),
      role: operator === null ? "referee" : "replica",
      fresh: isFresh,
    }),
  );
  const given = (id: LeaseId): Given | undefined => answers[Number(id)];
  const ruled = compareAnswers(inDoubt, {
    resolver: answers.some(({ operator }) => operator === null) ? "referee" : "agreement",
    needed,
    replicas,
    unconfirmed: false,
    isFreshAgain: false,
    same: (left, right) => (given(left)?.answer === given(right)?.answer ? "same" : "different"),
  });
  if (ruled.kind === "more" || ruled.kind === "mismatch") return { kind: ruled.kind };
  if (ruled.kind !== "accept") return { kind: "nobodyIsRight" };
  const listed = (ids: readonly LeaseId[]): Given[] => ids.flatMap((id) => given(id) ?? []);
  const answer = given(ruled.standing)?.answer ?? "right";
  return { kind: "accept", answer, losers: listed(ruled.losers), caught: listed(ruled.caught) };
}

function leaseId(index: number): LeaseId {
  return `0x${index.toString(16).padStart(64, "0")}`;
}
