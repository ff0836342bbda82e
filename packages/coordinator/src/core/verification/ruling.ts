// What is to be ruled on: the answers of a task that are in doubt, and how many of them must agree.
import { present } from "@starling/kernel";
import type { LeaseId } from "@starling/protocol";
import type { Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { answersOf } from "../program.ts";
import { isResumedFromOther } from "../scheduling/resume.ts";
import { type CoordinatorState, planted } from "../state.ts";
import { byMajority, type Comparison, compareAnswers, type Pair, type Ruling } from "./compare.ts";
import { sameAnswer } from "./equivalence.ts";

/** Rules on the answers that are in. With `unconfirmed` a referee that stands alone has the last word. */
export function rulingOn(state: CoordinatorState, task: Task, unconfirmed = false): Ruling {
  const comparison = comparisonOf(state, task, unconfirmed);
  const answers = inDoubt(state, task).map((lease) => ({
    leaseId: lease.leaseId,
    role: lease.role,
    fresh: lease.round >= task.resolverRound,
  }));
  const ruling = compareAnswers(answers, comparison);
  const found =
    ruling.kind === "mismatch" && planted(state, "acceptMajority") ? byMajority(answers, comparison) : ruling;
  if (found.kind !== "accept") return found;
  return reversal(task, found, comparison) ?? withEarlier(task, blameless(state, found));
}

// Whoever went on from another's checkpoint may have computed rightly from what was wrong.
function blameless(
  state: CoordinatorState,
  ruling: Extract<Ruling, { kind: "accept" }>,
): Extract<Ruling, { kind: "accept" }> {
  const caught = ruling.caught.filter((leaseId) => {
    const lease = state.ledger.leases.get(leaseId);
    return lease === undefined || !isResumedFromOther(lease);
  });
  return caught.length === ruling.caught.length ? ruling : { ...ruling, caught };
}

// Fresh replicas once ruled for the answer that others contradict now, and against the one on which these agree. As many stand on either
// side, and no majority decides: what was paid and fined by the first ruling is for a jury. A referee that comes later knows the answer,
// but it can't take back that somebody who gave it was blamed and is not paid: what would stand then is a result with its giver among the losers.
function reversal(
  { result }: Task,
  { standing, winners }: Extract<Ruling, { kind: "accept" }>,
  { same }: Comparison,
): Ruling | null {
  if (result === null) return null;
  // Closeness goes no further than one step: a loser may be close to another of those who won.
  if (result.winners.some((leaseId) => winners.includes(leaseId))) return null;
  const unknown: Pair[] = [];
  for (const loser of result.losers) {
    const found = same(standing, loser);
    if (found === "same") return { kind: "disputed", isReversal: true };
    if (found === "unknown") unknown.push([standing, loser]);
  }
  return unknown.length > 0 ? { kind: "unknown", pairs: unknown } : null;
}

/** Answers that nobody has refuted yet. Whoever lost an earlier ruling has lost. */
function inDoubt(state: CoordinatorState, task: Task): readonly Lease[] {
  const losers = task.result?.losers ?? [];
  return answersOf(state, task).filter(({ leaseId }) => !losers.includes(leaseId));
}

/** How many answers must agree while nothing is in doubt: an audit adds one to those that stand. */
export function answersNeeded(state: CoordinatorState, task: Task): number {
  if (task.result !== null) return task.result.winners.length + 1;
  return present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`).replicas;
}

function comparisonOf(state: CoordinatorState, task: Task, unconfirmed: boolean): Comparison {
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const leaseOf = (leaseId: LeaseId): Lease => present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
  return {
    resolver: task.resolver,
    needed: answersNeeded(state, task),
    replicas: job.replicas,
    unconfirmed,
    isFreshAgain: task.firstFreshRound !== undefined,
    same: (left, right) => sameAnswer(state, task, [leaseOf(left), leaseOf(right)]),
  };
}

// An audit confirms what was decided before, on the word of whoever decided it.
function withEarlier({ result }: Task, ruling: Extract<Ruling, { kind: "accept" }>): Ruling {
  if (result === null) return ruling;
  return {
    ...ruling,
    losers: [...result.losers, ...ruling.losers],
    caught: [...result.caught, ...ruling.caught],
    by: ruling.by === "agreement" ? result.by : ruling.by,
  };
}
