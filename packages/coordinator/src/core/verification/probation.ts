// Whether an operator has shown yet, in a class, that it computes what others compute. Until then each of its results is checked.
import type { Address, RuntimeClass } from "@starling/protocol";
import type { CoordinatorState } from "../state.ts";

/** Checks that an operator has passed in a class since it was last caught. */
export function checksPassed(state: CoordinatorState, operator: Address, runtimeClass: RuntimeClass): number {
  return state.ledger.operators.get(operator)?.checksPassed.get(runtimeClass) ?? 0;
}

/** Whether its results are still checked one by one, as far as no other operator's answer stands beside them. */
export function isOnProbation(state: CoordinatorState, operator: Address, runtimeClass: RuntimeClass): boolean {
  return checksPassed(state, operator, runtimeClass) < state.config.policy.probationChecks;
}
