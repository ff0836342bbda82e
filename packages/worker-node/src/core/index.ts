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

export { wellDevices } from "./devices/lookout.ts";
export type { Reveal, WorkerEffect } from "./effect.ts";
export type { WorkerFact } from "./fact.ts";
export type { JudgedResult, RunResult, WorkerInput } from "./input.ts";
export type { DrawnJury } from "./jury/duty.ts";
export { type LeaseState, leaseLifecycle } from "./lifecycle/lease.ts";
export { isDiscrepancy } from "./lifecycle/ticket-check.ts";
export { takesWork } from "./owner/hold.ts";
export { type HourSpan, minutesOfWeek } from "./owner/hours.ts";
export type { ImagePlace } from "./owner/images.ts";
export type { Listed, OwnerRules } from "./owner/rules.ts";
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
  restore: (config, snapshot) => ({
    ...initialState(config),
    ledger: ledgerOf(config, snapshot as Partial<WorkerLedger> & OldLedger),
  }),
};

type OldLedger = Pick<WorkerLedger, "leases" | "ended" | "vouchers" | "earned">;

// Older snapshots lack what was added since. What the sender may do is of now and not of then.
function ledgerOf(config: WorkerConfig, snapshot: Partial<WorkerLedger> & OldLedger): WorkerLedger {
  const { ledger } = initialState(config);
  return { ...ledger, ...snapshot, sender: { ...ledger.sender, ...snapshot.sender, config: config.sender } };
}
