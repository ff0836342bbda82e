// Looks at the GPUs while the worker is at work: an attempt on one that was withdrawn fails by the machine's fault, and is killed.
import { accepted, type Outcome } from "@starling/kernel";
import type { Accelerator } from "@starling/protocol";
import type { WorkerInput } from "../input.ts";
import { failLease } from "../lifecycle/run.ts";
import type { WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";
import { lookAtDevices } from "./pool.ts";

type Of = Extract<WorkerInput, { type: "devicesSeen" }>;

/** What the tools list now. */
export function devicesSeen(state: WorkerState, input: Of, turn: WorkerTurn): Outcome {
  const { deviceMisses: misses, deviceSightings: sightings } = state.config.policy;
  for (const leaseId of lookAtDevices(state.presence.devices, input, { misses, sightings })) {
    const held = state.ledger.leases.get(leaseId);
    if (held?.state !== "running") continue;
    const message = "a GPU of this attempt is gone, or does not answer any more";
    const result = { kind: "failed", fault: "infrastructure", reason: "deviceLost", message, log: "" } as const;
    // Its GPUs stay its own until the run is known to be dead.
    failLease(state, held, { result, turn });
    turn.request({ type: "killRun", leaseId });
  }
  return accepted();
}

/** The GPUs that may be advertised. */
export function wellDevices({ presence }: WorkerState): readonly Accelerator[] {
  return [...presence.devices.values()].filter(({ health }) => health.state !== "withdrawn").map(({ gpu }) => gpu);
}
