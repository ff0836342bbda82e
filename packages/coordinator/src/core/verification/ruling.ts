// What is to be ruled on: the answers of a task that are in doubt, and how many of them must agree.
import { present } from "@starling/kernel";
import type { LeaseId } from "@starling/protocol";
import type { Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { answersOf } from "../program.ts";
import { type CoordinatorState, planted } from "../state.ts";
import { byMajority, type Comparison, compareAnswers, type Ruling } from "./compare.ts";
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
  return rightsALoser(state, task, found) ? { kind: "disputed" } : withEarlier(task, found);
}

// Fresh replicas once ruled against the answer on which others agree now. As many stand on either side, and no majority decides.
function rightsALoser(
  { ledger }: CoordinatorState,
  { result }: Task,
  { standing, by }: Extract<Ruling, { kind: "accept" }>,
): boolean {
  if (result === null || by === "referee") return false;
  const accepted = present(ledger.leases.get(standing)?.answer, "answer").digest;
  return result.losers.some((leaseId) => ledger.leases.get(leaseId)?.answer?.digest === accepted);
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
