// Whether two answers of one task are equal: by their digests, or as close as the job's comparators allow.
import { accepted, type Outcome, present } from "@starling/kernel";
import {
  type ArtifactRef,
  comparatorOf,
  type Hash,
  type NumericComparator,
  type OutputDistance,
  type TrustTerms,
  trustTerms,
} from "@starling/protocol";
import type { CoordinatorEffect } from "../effect.ts";
import type { CoordinatorInput } from "../input.ts";
import type { AnswerComparison, Task } from "../ledger/job.ts";
import type { Answer, Lease } from "../ledger/lease.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import type { Pair } from "./compare.ts";

/** What is known of two answers; unknown until their outputs have been compared, and unreadable where that was tried in vain. */
export type Sameness = "same" | "different" | "unreadable" | "unknown";

type CompareOutputs = Extract<CoordinatorEffect, { type: "compareOutputs" }>;
type ToMeasure = CompareOutputs["outputs"][number];

/** Compares an answer with the one that it is measured by. Both must have been revealed. */
export function sameAnswer(state: CoordinatorState, task: Task, [reference, lease]: readonly [Lease, Lease]): Sameness {
  const [left, right] = [answerOf(reference), answerOf(lease)];
  if (left.digest === right.digest) return "same";
  const measured = comparisonOf(task, left.digest, right.digest);
  if (measured !== undefined) return samenessOf(measured);
  return outputsToMeasure(termsOf(state, task), left, right) === null ? "different" : "unknown";
}

// One output that was read and differs says enough; one that could not be read here says nothing of who wrote it.
function samenessOf({ outputs }: AnswerComparison): Sameness {
  const unequal = outputs.filter(({ equal }) => !equal);
  if (unequal.length === 0) return "same";
  return unequal.every(({ unreadable }) => unreadable === true) ? "unreadable" : "different";
}

/** Has outputs measured that no digest can tell apart, each pair of answers once. */
export function requestComparisons(
  state: CoordinatorState,
  task: Task,
  { pairs, turn }: { readonly pairs: readonly Pair[]; readonly turn: CoordinatorTurn },
): void {
  const { comparing } = state.presence;
  for (const [reference, lease] of pairs) {
    const left = answerOf(present(state.ledger.leases.get(reference), `lease ${reference}`));
    const right = answerOf(present(state.ledger.leases.get(lease), `lease ${lease}`));
    const outputs = outputsToMeasure(termsOf(state, task), left, right);
    const key = keyOf(task, left.digest, right.digest);
    if (outputs === null || comparing.has(key)) continue;
    const { taskId } = task;
    comparing.set(key, { taskId, since: turn.now });
    turn.request({ type: "compareOutputs", taskId, reference: left.digest, answer: right.digest, outputs });
  }
}

/** Outputs were measured: what that makes of the task is looked at in this turn. */
export function outputsCompared(
  state: CoordinatorState,
  input: Extract<CoordinatorInput, { type: "outputsCompared" }>,
  turn: CoordinatorTurn,
): Outcome {
  const { taskId, reference, answer, outputs } = input;
  const task = state.ledger.tasks.get(taskId);
  // The job may have ended and been forgotten meanwhile.
  if (task === undefined) return accepted();
  state.presence.comparing.delete(keyOf(task, reference, answer));
  if (comparisonOf(task, reference, answer) !== undefined) return accepted();
  turn.record({ type: "outputsCompared", taskId, reference, answer, outputs, at: turn.now });
  turn.changed.tasks.add(taskId);
  return accepted();
}

/** How far an answer is from the one that stands, in the outputs that were measured; empty for the standing answer itself. */
export function distancesTo(task: Task, answer: Hash): readonly OutputDistance[] {
  const measured = task.result === null ? undefined : comparisonOf(task, task.result.digest, answer);
  return (measured?.outputs ?? []).flatMap(({ output, equal, distances }) => {
    if (distances === null) return [];
    const { l2, maxAbs, maxRel } = distances;
    return [{ output, l2, maxAbs, maxRel, within: equal }];
  });
}

/** Null when bytes decide: the answers have other outputs, or differ in one that is compared exactly. */
function outputsToMeasure(terms: TrustTerms, left: Answer, right: Answer): readonly ToMeasure[] | null {
  if (left.outputs.length !== right.outputs.length) return null;
  const named = new Map(right.outputs.map((output): [string, ArtifactRef] => [output.name, output]));
  const found: ToMeasure[] = [];
  for (const reference of left.outputs) {
    const answer = named.get(reference.name);
    if (answer === undefined) return null;
    if (answer.cid === reference.cid) continue;
    const comparator = numericOf(terms, reference.name);
    if (comparator === null) return null;
    found.push({ output: reference.name, comparator, reference, answer });
  }
  return found.length === 0 ? null : found;
}

function numericOf(terms: TrustTerms, output: string): NumericComparator | null {
  const comparator = comparatorOf(terms, output);
  return comparator.kind === "numeric" ? comparator : null;
}

function termsOf(state: CoordinatorState, task: Task): TrustTerms {
  return trustTerms(present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`).submission.spec.trust);
}

function answerOf(lease: Lease): Answer {
  return present(lease.answer, `answer of ${lease.leaseId}`);
}

function comparisonOf({ comparisons }: Task, reference: Hash, answer: Hash): AnswerComparison | undefined {
  return comparisons?.find((one) => one.reference === reference && one.answer === answer);
}

function keyOf({ taskId }: Task, reference: Hash, answer: Hash): string {
  return `${taskId} ${reference} ${answer}`;
}
