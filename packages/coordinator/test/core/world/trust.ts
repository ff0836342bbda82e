// Jobs and networks for tests of trust: rates of one or of nearly nothing, operators that have passed their probation, pledges that suffice.
import type { CustomTrust, EscrowId, JobId, TaskId } from "@starling/protocol";
import { jobView, listTasks, type TaskView } from "../../../src/core/index.ts";
import { operatorIn } from "../../../src/core/ledger/operator.ts";
import { config } from "./fixtures.ts";
import { pledge } from "./pledge.ts";
import type { Behaviour, TestWorker } from "./worker.ts";
import { World } from "./world.ts";

/** One replica, and a lottery that draws everything or hardly anything. */
export function spot(auditPpm: number): CustomTrust {
  return { replicas: 1, auditPpm, distinct: ["operator"], valueTimes: 0, compare: {} };
}

/** A lottery that always draws. */
export const always = 1_000_000;
/** One that does not, in a test. */
export const hardly = 1;

/** A world without probation and canaries, so that only what a test asks for is audited. */
export function worldOf(
  behaviours: readonly Behaviour[],
  policy: Parameters<typeof config>[0] = {},
): { readonly world: World; readonly workers: readonly TestWorker[] } {
  const world = new World(config({ ...policy, policy: { probationChecks: 0, canaries: 0, ...policy.policy } }));
  const workers = behaviours.map((behaviour, i) => world.join(`w${i}`, behaviour));
  return { world, workers };
}

/** Everybody's pledge suffices for whatever fine. */
function pledgeAll(world: World, escrowId: EscrowId): void {
  for (const { record } of world.workers.values())
    pledge(world, { escrowId, operator: record.operator, amount: 10n ** 15n });
}

/** Opens the escrow of a job that was just submitted, with everybody's pledge to it. */
export function fund(world: World, escrowId: EscrowId): void {
  pledgeAll(world, escrowId);
  for (let i = 0; i < 3; i += 1) world.block();
}

/** Marks an operator as one that has passed so many checks. */
export function passChecks(world: World, worker: TestWorker, count: number): void {
  operatorIn(world.state.ledger.operators, worker.record.operator).checksPassed.set("wasm", count);
}

export function tasksOf(world: World, jobId: JobId): readonly TaskView[] {
  return listTasks(world.state, { jobId, limit: 1_000 })?.items ?? [];
}

/** Causes of the audits that a task had, in order. */
export function causesOf(world: World, taskId: TaskId): readonly string[] {
  return world.factsOf("auditOrdered").flatMap((fact) => (fact.taskId === taskId ? [fact.cause] : []));
}

export function stateOf(world: World, jobId: JobId): string | undefined {
  return jobView(world.state, jobId)?.state;
}
