// Results that are not settled, by the operators that stand behind them: what is checked again when one of them is caught.
import type { Address, TaskId } from "@starling/protocol";
import type { Task } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";

/** Files a provisional result under its winners' operators. */
export function fileResult(state: CoordinatorState, task: Task): void {
  for (const operator of operatorsOf(state, task)) {
    const tasks = state.index.unsettledOf.get(operator) ?? new Set<TaskId>();
    state.index.unsettledOf.set(operator, tasks.add(task.taskId));
  }
}

/** Takes it out: it is settled, or another result stands. */
export function unfileResult(state: CoordinatorState, task: Task): void {
  for (const operator of operatorsOf(state, task)) {
    const tasks = state.index.unsettledOf.get(operator);
    if (tasks?.delete(task.taskId) === true && tasks.size === 0) state.index.unsettledOf.delete(operator);
  }
}

function operatorsOf(state: CoordinatorState, { result }: Task): ReadonlySet<Address> {
  const operators = new Set<Address>();
  for (const leaseId of result?.winners ?? []) {
    const operator = state.ledger.leases.get(leaseId)?.operator;
    if (operator !== undefined) operators.add(operator);
  }
  return operators;
}
