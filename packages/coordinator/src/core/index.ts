// The pure core of a coordinator: a deterministic state machine, and the read models over its state.
import type { Decider } from "@starling/kernel";
import { decide } from "./coordinator.ts";
import type { CoordinatorEffect } from "./effect.ts";
import { evolve } from "./evolve.ts";
import type { CoordinatorFact } from "./fact.ts";
import type { CoordinatorInput } from "./input.ts";
import { violations } from "./invariants.ts";
import { resume } from "./resume.ts";
import { restore, snapshot } from "./snapshot.ts";
import { type CoordinatorConfig, type CoordinatorState, initialState } from "./state.ts";
import { nextWake } from "./wake.ts";

/** The coordinator as an engine or a simulator drives it. */
export const coordinatorDecider: Decider<
  CoordinatorConfig,
  CoordinatorState,
  CoordinatorInput,
  CoordinatorFact,
  CoordinatorEffect
> = { initial: initialState, decide, evolve, resume, nextWake, violations, snapshot, restore };

export type { CoordinatorEffect } from "./effect.ts";
export type { CoordinatorFact, Funding, LeaseVerdict, Reason, Resolver } from "./fact.ts";
export type { CoordinatorInput, DiscoverySource } from "./input.ts";
export {
  type JobState,
  jobLifecycle,
  type LeaseState,
  leaseLifecycle,
  type PaymentState,
  paymentLifecycle,
  type TaskState,
  taskLifecycle,
  type WorkerState,
  workerLifecycle,
} from "./lifecycle/tables.ts";
export { type CoordinatorPolicy, defaultPolicy, policyTable } from "./policy.ts";
export { explainJob } from "./scheduling/explanation.ts";
export { Lots, weightOfPledge } from "./scheduling/lot.ts";
export { type PlannedJob, planJob } from "./scheduling/plan.ts";
export { reputationTable } from "./scheduling/reputation.ts";
export {
  type CoordinatorConfig,
  type CoordinatorLedger,
  type CoordinatorPresence,
  type CoordinatorState,
  type PlantedBug,
  plantedBugs,
} from "./state.ts";
export { type AnswerInDoubt, compareAnswers, type Ruling } from "./verification/compare.ts";
export { type BooksView, booksView } from "./views/books.ts";
export { disputedTask } from "./views/disputed-task.ts";
export { eventOf } from "./views/events.ts";
export { type JobQuery, jobView, listJobs, listTasks, type TaskQuery, taskView } from "./views/job.ts";
export { escrowBooks, escrowView, ledgerView, openEscrowView } from "./views/ledger.ts";
export { listNodes, type NodeQuery, type NodeView, nodeView } from "./views/node.ts";
export { unfundedSubmissions } from "./views/permits.ts";
export { receiptMaterial } from "./views/receipt.ts";
export { type ReceiptFrame, receiptBody } from "./views/receipt-body.ts";
export type {
  AccountView,
  AnswerMaterial,
  BatchView,
  EscrowView,
  JobExplanation,
  JobPlan,
  JobView,
  LeaseView,
  LedgerView,
  Page,
  ReceiptMaterial,
  TaskMaterial,
  TaskView,
  TransactionView,
  Wait,
  WatchEvent,
} from "./views/types.ts";
export { awaitedUploads, isRevealAwaited } from "./views/uploads.ts";
export { type JobUsageView, jobUsageView } from "./views/usage.ts";
