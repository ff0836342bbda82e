// The lottery: drawn from the payer's secret over closed sets of first answers, and what is drawn is run once more on another operator.
import { commitSetHash, isDrawn, lotteryTicket, reduceStep } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { setItemOf } from "../../src/core/verification/commit-set.ts";
import { hash, submission, undrawn } from "./world/fixtures.ts";
import { always, causesOf, fund, hardly, spot, stateOf, tasksOf, worldOf } from "./world/trust.ts";

describe("a job of one replica", () => {
  test("whose lottery draws everything has every task answered by two operators", () => {
    const { world } = worldOf(["honest", "honest", "honest"]);
    const job = submission({ tasks: 5, reduce: true, trust: spot(always) });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(8);
    expect(stateOf(world, job.jobId)).toBe("completed");
    for (const task of tasksOf(world, job.jobId)) {
      expect(causesOf(world, task.taskId)).toEqual(["lottery"]);
      expect(new Set(task.leases.map(({ operator }) => operator)).size).toBe(2);
      expect(task.leases.map(({ verdict }) => verdict)).toEqual(["accepted", "accepted"]);
    }
  });

  test("whose lottery draws nothing has every task answered once", () => {
    const { world } = worldOf(["honest", "honest", "honest"]);
    const job = submission({ tasks: 5, trust: spot(hardly) });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(8);
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(world.factsOf("leaseOffered")).toHaveLength(5);
    expect(world.factsOf("auditOrdered")).toEqual([]);
  });

  test("draws by the ticket of the task and the closed set, as anybody can repeat who is shown the ticket", () => {
    const { world } = worldOf(["honest", "honest", "honest"]);
    const job = submission({ tasks: 60, reduce: true, trust: spot(300_000) });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(20);
    expect(stateOf(world, job.jobId)).toBe("completed");
    const first = world.factsOf("commitSetClosed").filter(({ round }) => round === 0);
    expect(first).toHaveLength(61);
    for (const { taskId, leases, drawn } of first) {
      const task = world.state.ledger.tasks.get(taskId);
      const position = task?.step === reduceStep ? 60 : (task?.index ?? -1);
      const set = setItemOf(leases.flatMap((leaseId) => world.state.ledger.leases.get(leaseId) ?? []));
      expect(drawn).toBe(isDrawn(lotteryTicket(hash("lottery-job-1"), position), commitSetHash(set), 300_000));
      expect(causesOf(world, taskId)).toEqual(drawn ? ["lottery"] : []);
    }
    expect(new Set(first.map(({ drawn }) => drawn))).toEqual(new Set([true, false]));
  });
});

test("the lottery comes on top of replicas", () => {
  const { world } = worldOf(["honest", "honest", "honest"]);
  const job = submission({ tasks: 3, trust: { ...undrawn, auditPpm: always } });
  world.submit(job);
  world.settle(8);
  expect(stateOf(world, job.jobId)).toBe("completed");
  for (const { leases } of tasksOf(world, job.jobId))
    expect(new Set(leases.map(({ operator }) => operator)).size).toBe(3);
});

test("sets of audits are not drawn again", () => {
  const { world } = worldOf(["honest", "honest", "honest"]);
  const job = submission({ tasks: 2, trust: spot(always) });
  world.submit(job);
  fund(world, job.newEscrowId);
  world.settle(8);
  const later = world.factsOf("commitSetClosed").filter(({ round }) => round > 0);
  expect(later).toHaveLength(2);
  expect(later.every((fact) => !("drawn" in fact))).toBe(true);
});

test("a secret that is sealed under another key is refused", () => {
  const { world } = worldOf([]);
  const job = submission({ tasks: 2 });
  expect(world.submit({ ...job, lottery: submission({ key: "other" }).lottery })).toMatchObject({
    ok: false,
    code: "badLottery",
  });
});
