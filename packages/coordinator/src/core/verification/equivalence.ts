// Whether two answers of one task are equal: by their digests, or as close as the job's comparators allow.
import type { Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import type { CoordinatorState } from "../state.ts";

/** What is known of two answers; unknown until their outputs have been compared. */
export type Sameness = "same" | "different" | "unknown";

/** Compares an answer with the one that it is measured by. Both must have been revealed. */
export function sameAnswer(_state: CoordinatorState, _task: Task, [left, right]: readonly [Lease, Lease]): Sameness {
  return left.answer?.digest === right.answer?.digest ? "same" : "different";
}
