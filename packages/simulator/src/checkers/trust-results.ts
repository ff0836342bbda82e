// What is settled stays, is all that is anchored, and is wrong only where everybody who answered lied: where the job's level promises no more.
import { present } from "@starling/kernel";
import { resultDigest, type TaskId } from "@starling/protocol";
import { outputsOf, rightContent } from "../world/outputs.ts";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

export function trustResults(): Checker {
  const settled = new Set<TaskId>();
  const check = (world: World, fact: Parameters<NonNullable<Checker["afterTurn"]>>[1][number]): string[] => {
    switch (fact.type) {
      case "taskAccepted":
        return settled.has(fact.taskId) ? [`the settled result of ${fact.taskId} was ruled on again`] : [];
      case "taskSettled": {
        const isTwice = settled.has(fact.taskId);
        settled.add(fact.taskId);
        return isTwice ? [`task ${fact.taskId} was settled twice`] : flawsOf(world, fact.taskId, fact.at);
      }
      case "batchClosed": {
        const { batches } = present(world.coordinator.state.ledger.escrows.get(fact.escrowId), "escrow");
        const { taskIds } = present(batches[fact.batch], "batch");
        return taskIds.filter((id) => !settled.has(id)).map((id) => `task ${id} is anchored and not settled`);
      }
      case "jobCompleted":
        return unsettledOf(world, fact.jobId, settled);
      default:
        return [];
    }
  };
  return { name: "trust-results", afterTurn: (world, facts) => facts.flatMap((fact) => check(world, fact)) };
}

function unsettledOf({ coordinator }: World, jobId: string, settled: ReadonlySet<TaskId>): string[] {
  const { tasks } = coordinator.state.ledger;
  const open = [...tasks.values()].filter((task) => task.jobId === jobId && !settled.has(task.taskId));
  return open.map(({ taskId }) => `the job of ${taskId} is completed, and the task is not settled`);
}

function flawsOf(world: World, taskId: TaskId, at: number): string[] {
  const { ledger } = world.coordinator.state;
  const task = ledger.tasks.get(taskId);
  const job = task === undefined ? undefined : ledger.jobs.get(task.jobId);
  const result = task?.result;
  if (task === undefined || job === undefined || result == null) return [`settled task ${taskId} has no result`];
  const flaws: string[] = [];
  const isOver = job.endedAt !== null && job.endedAt <= at;
  if (!isOver && (task.settlesAt ?? at) > at) flaws.push(`task ${taskId} was settled before its window was over`);
  const isRandom = task.step === "map" && job.submission.spec.map.args.includes("nondeterministic");
  const leases = task.leases.flatMap((id) => ledger.leases.get(id) ?? []);
  const right = leases[0] === undefined ? null : resultDigest(outputsOf(rightContent(leases[0].taskSpec)));
  if (isRandom || right === null || result.digest === right) return flaws;
  world.faults.count("wrongSettled");
  // Without a referee somebody honest is overruled by a coalition that fills all fresh replicas: p^(R + 1) of mismatches.
  if (result.by !== "freshReplicas" && leases.some(({ answer }) => answer?.digest === right))
    flaws.push(`a wrong result of ${taskId} was settled although somebody had answered right`);
  const operators = new Set(result.winners.map((id) => ledger.leases.get(id)?.operator));
  if (operators.size < job.replicas) flaws.push(`a wrong result of ${taskId} was settled on ${operators.size} answers`);
  return flaws;
}
