// The coordinator's own ruling, asked about answers of the arena.
import { type AnswerInDoubt, compareAnswers } from "@starling/coordinator/core";
import type { Hash } from "@starling/protocol";
import type { Answer } from "../arena.ts";
import type { Operator } from "../population.ts";

/** An answer that was given, with what it is paid and fined by. */
export interface Given {
  /** Null is the payer's own machine. */
  readonly operator: Operator | null;
  readonly answer: Answer;
  readonly fine: number;
  isPaid: boolean;
}

/** What the coordinator makes of them. */
export type Verdict =
  | { readonly kind: "accept"; readonly answer: Answer; readonly losers: readonly Given[] }
  | { readonly kind: "more" | "mismatch" | "other" };

const digests: Readonly<Record<Answer, Hash>> = { right: `0x${"01".repeat(32)}`, lie: `0x${"02".repeat(32)}` };

/** Rules on the answers of a task; the referee decides as soon as it has answered. */
export function ruling(answers: readonly Given[], replicas: number): Verdict {
  const inDoubt = answers.map(
    ({ operator, answer }, i): AnswerInDoubt => ({
      leaseId: leaseId(i),
      digest: digests[answer],
      role: operator === null ? "referee" : "replica",
      fresh: false,
    }),
  );
  const resolver = answers.some(({ operator }) => operator === null) ? "referee" : "agreement";
  const ruled = compareAnswers(inDoubt, { resolver, replicas });
  if (ruled.kind === "more" || ruled.kind === "mismatch") return { kind: ruled.kind };
  if (ruled.kind !== "accept") return { kind: "other" };
  const losers = answers.filter((_, i) => ruled.losers.includes(leaseId(i)));
  return { kind: "accept", answer: ruled.digest === digests.right ? "right" : "lie", losers };
}

function leaseId(number: number): Hash {
  return `0x${number.toString(16).padStart(64, "0")}`;
}
