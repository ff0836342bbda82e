// What this machine was measured to do: kept in buckets, and told to every coordinator when a bucket changes.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import { type Address, measurementsAfter, measures } from "@starling/protocol";
import type { WorkerInput } from "./input.ts";
import type { WorkerState } from "./state.ts";
import type { WorkerTurn } from "./worker.ts";

type Of = Extract<WorkerInput, { type: "machineMeasured" }>;

/** New figures: within a wide margin they change nothing, so that coordinators hear of changes alone. */
export function machineMeasured(state: WorkerState, { figures }: Of, turn: WorkerTurn): Outcome {
  const { presence } = state;
  if (presence.spare?.kind !== "measurement")
    return rejected("disturbed", "a task or the owner wanted the machine meanwhile");
  presence.spare = null;
  const before = presence.measured;
  presence.measured = measurementsAfter(before, figures);
  if (measures.every((name) => before[name] === presence.measured[name])) return accepted();
  for (const coordinator of presence.connections.keys()) sayMeasured(state, coordinator, turn);
  return accepted();
}

/** Tells one coordinator, if there is anything to tell. */
export function sayMeasured({ presence }: WorkerState, coordinator: Address, turn: WorkerTurn): void {
  const { measured } = presence;
  if (measures.some((name) => measured[name] !== undefined))
    turn.request({ type: "sendMeasured", coordinator, measured });
}
