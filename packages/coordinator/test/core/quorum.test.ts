// The way of a job that nothing disturbs: submitted, funded, leased twice per task, compared, paid, anchored, closed.
import { describe, expect, test } from "vitest";
import { jobView, ledgerView, listTasks, receiptMaterial } from "../../src/core/index.ts";
import { payer, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

function worldOf(workers: number): World {
  const world = new World();
  for (let i = 0; i < workers; i += 1) world.join(`w${i}`);
  return world;
}

describe("a quorum job on honest workers", () => {
  test("completes, with each task answered by two distinct operators", () => {
    const world = worldOf(4);
    const job = submission({ tasks: 6, reduce: true });
    expect(world.submit(job)).toEqual({ ok: true, value: { jobId: job.jobId, duplicate: false } });
    expect(jobView(world.state, job.jobId)?.state).toBe("accepted");
    world.settle(8);
    const view = jobView(world.state, job.jobId);
    expect(view?.state).toBe("completed");
    expect(view?.tasks.final).toBe(7);
    expect(view?.anchored).toBe(true);
    const tasks = listTasks(world.state, { jobId: job.jobId, limit: 100 });
    expect(tasks?.items).toHaveLength(7);
    for (const task of tasks?.items ?? []) {
      expect(task.leases).toHaveLength(2);
      expect(new Set(task.leases.map(({ operator }) => operator)).size).toBe(2);
      expect(new Set(task.leases.map(({ digest }) => digest)).size).toBe(1);
    }
  });

  test("pays each winner its price, once, and refunds the rest on closing", () => {
    const world = worldOf(3);
    world.submit(submission({ tasks: 5 }));
    world.settle(8);
    const paid = [...world.chain.paid.values()].reduce((sum, amount) => sum + amount, 0n);
    expect(paid).toBe(1_000n);
    for (const worker of world.workers.values()) {
      expect(world.chain.paid.get(worker.address) ?? 0n).toBe(worker.vouchered);
      expect(worker.verdicts.every(({ verdict }) => verdict === "accepted")).toBe(true);
    }
    expect(world.feed({ type: "escrowCloseRequested", payer }).ok).toBe(true);
    world.settle(12);
    const [escrow] = ledgerView(world.state).escrows;
    expect(escrow?.phase).toBe("closed");
    expect(world.chain.refunded).toBe(world.chain.deposited - 1_000n);
    expect(ledgerView(world.state).differences).toEqual([]);
  });

  test("a second job on a funded escrow is placed in the turn of its submission", () => {
    const world = worldOf(3);
    world.submit(submission({ key: "first", tasks: 4 }));
    world.settle(6);
    const before = world.effects.length;
    const second = submission({ key: "second", tasks: 2, budget: 10_000n, withPermit: false });
    expect(world.submit(second).ok).toBe(true);
    const sent = world.effects.slice(before).filter(({ type }) => type === "sendLeases");
    expect(sent.length).toBeGreaterThan(0);
    world.drain();
    expect(jobView(world.state, second.jobId)?.tasks.accepted).toBe(2);
    world.pass(1_000);
    expect(jobView(world.state, second.jobId)?.state).toBe("completed");
  });

  test("gives all that a receipt needs", () => {
    const world = worldOf(3);
    const job = submission({ tasks: 3 });
    world.submit(job);
    world.settle(6);
    const material = receiptMaterial(world.state, job.jobId);
    expect(material?.tasks).toHaveLength(3);
    expect(material?.batches).toHaveLength(1);
    for (const task of material?.tasks ?? []) {
      expect(task.anchor).not.toBeNull();
      expect(task.answers).toHaveLength(2);
    }
    expect(material?.batches[0]?.signed).not.toBeNull();
    expect(material?.batches[0]?.place).not.toBeNull();
  });
});
