// The worker's core as one decider: the `./core` entry point of this package.
import type { Decider } from "@starling/kernel";
import type { WorkerEffect } from "./effect.ts";
import { evolve } from "./evolve.ts";
import type { WorkerFact } from "./fact.ts";
import type { WorkerInput } from "./input.ts";
import { violations } from "./invariants.ts";
import { resume } from "./resume.ts";
import { initialState, type WorkerConfig, type WorkerLedger, type WorkerState } from "./state.ts";
import { nextWake } from "./wake.ts";
import { decide } from "./worker.ts";

export type { Reveal, WorkerEffect } from "./effect.ts";
export type { WorkerFact } from "./fact.ts";
export type { RunResult, WorkerInput } from "./input.ts";
export { type LeaseState, leaseLifecycle } from "./lifecycle/lease.ts";
export { isDiscrepancy } from "./lifecycle/ticket-check.ts";
export { defaultPolicy, policyTable, type WorkerPolicy } from "./policy.ts";
export type { WorkerConfig, WorkerLedger, WorkerState } from "./state.ts";
export { type HeldVouchers, holdingOf, statusView, vouchersView, type WorkerStatus } from "./views.ts";

/** The deterministic half of a worker daemon. */
export const workerDecider: Decider<WorkerConfig, WorkerState, WorkerInput, WorkerFact, WorkerEffect> = {
  initial: initialState,
  decide,
  evolve,
  resume,
  nextWake,
  violations,
  snapshot: (state) => state.ledger,
  // The ledger is plain data (maps, arrays, bigints): a snapshot is the ledger itself.
  restore: (config, snapshot) => ({ ...initialState(config), ledger: ledgerOf(snapshot as WorkerLedger) }),
};

// Older snapshots lack what was added since.
function ledgerOf(snapshot: Partial<WorkerLedger> & Pick<WorkerLedger, "leases" | "ended" | "vouchers" | "earned">) {
  return { pledges: new Map(), shown: new Map(), equivocations: new Map(), lotteries: new Map(), ...snapshot };
}
