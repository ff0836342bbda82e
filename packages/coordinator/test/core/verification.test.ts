// Answers that differ, are withheld, or come too late: nothing wrong is accepted, nobody honest is blamed.
import { describe, expect, test } from "vitest";
import { jobView, listTasks, type TaskView } from "../../src/core/index.ts";
import { address, payer, submission } from "./world/fixtures.ts";
import type { Behaviour, TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

function worldOf(behaviours: readonly Behaviour[]): { world: World; workers: readonly TestWorker[] } {
  const world = new World();
  const workers = behaviours.map((behaviour, i) => world.join(`w${i}`, behaviour));
  return { world, workers };
}

function tasksOf(world: World, jobId: `0x${string}`): readonly TaskView[] {
  return listTasks(world.state, { jobId, limit: 1_000 })?.items ?? [];
}

describe("a mismatch with a referee", () => {
  test("the referee's answer stands; the liar is unpaid and its operator is out of the job", () => {
    const { world, workers } = worldOf(["liar", "honest", "honest"]);
    const referee = world.join("referee", "honest", { operator: payer });
    const job = submission({ tasks: 12 });
    world.submit(job);
    world.settle(10);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    const liar = workers[0] as TestWorker;
    expect(world.chain.paid.get(liar.address) ?? 0n).toBe(0n);
    expect(world.chain.paid.get(referee.address) ?? 0n).toBe(0n);
    expect(jobView(world.state, job.jobId)?.banned.map(({ operator }) => operator)).toEqual([liar.record.operator]);
    expect(world.factsOf("mismatchFound").length).toBeGreaterThan(0);
    for (const task of tasksOf(world, job.jobId)) {
      const losers = task.leases.filter(({ verdict }) => verdict === "rejected");
      expect(losers.every(({ worker }) => worker === liar.address)).toBe(true);
      expect(task.leases.filter(({ role }) => role === "replica" && task.state !== "final")).toEqual([]);
    }
    expect(
      world.factsOf("leaseOffered").filter(({ worker, role }) => worker === referee.address && role === "replica"),
    ).toEqual([]);
  });

  test("a referee that dies is followed by fresh replicas", () => {
    const { world } = worldOf(["liar", "honest", "honest", "honest", "honest"]);
    world.join("referee", "silent", { operator: payer });
    const job = submission({ tasks: 8 });
    world.submit(job);
    world.settle(200);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    const resolvers = new Set(world.factsOf("mismatchFound").map(({ resolver }) => resolver));
    expect(resolvers).toEqual(new Set(["referee", "freshReplicas"]));
  });
});

describe("a mismatch without a referee", () => {
  test("three fresh replicas that agree decide, and the liar is out", () => {
    const { world, workers } = worldOf(["liar", "honest", "honest", "honest", "honest"]);
    const job = submission({ tasks: 10 });
    world.submit(job);
    world.settle(30);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    expect(world.chain.paid.get((workers[0] as TestWorker).address) ?? 0n).toBe(0n);
    expect(world.factsOf("taskAccepted").some(({ by }) => by === "freshReplicas")).toBe(true);
  });

  test("too few unused operators leave the task disputed: nothing accepted, nobody excluded, nobody paid", () => {
    const { world } = worldOf(["liar", "honest"]);
    const job = submission({ tasks: 1 });
    world.submit(job);
    world.settle(90);
    expect(jobView(world.state, job.jobId)).toMatchObject({
      state: "failed",
      reason: { code: "disputed" },
      banned: [],
      owed: 0n,
    });
    expect(tasksOf(world, job.jobId)[0]?.state).toBe("disputed");
  });

  test("liars in the majority never get their answer accepted", () => {
    const { world } = worldOf(["liar", "liar", "honest", "honest", "honest", "liar"]);
    const job = submission({ tasks: 6 });
    world.submit(job);
    world.settle(90);
    // Two liars who are drawn together agree: that is the stated limit of quorum without an audit. Mixed pairs never pass.
    for (const { winners } of world.factsOf("taskAccepted")) {
      const behaviours = new Set(
        winners.map((leaseId) => world.workers.get(world.state.ledger.leases.get(leaseId)?.worker ?? "0x")?.behaviour),
      );
      expect(behaviours.size).toBe(1);
    }
  });

  test("answers that never agree are the program's fault: everybody is paid, nobody is excluded", () => {
    const { world } = worldOf(["otherLiar", "otherLiar", "otherLiar", "otherLiar", "otherLiar"]);
    const job = submission({ tasks: 1 });
    world.submit(job);
    world.settle(20);
    expect(jobView(world.state, job.jobId)).toMatchObject({
      state: "failed",
      reason: { code: "nondeterministic" },
      banned: [],
    });
    expect(jobView(world.state, job.jobId)?.owed).toBe(500n);
    expect([...world.chain.paid.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(500n);
  });
});

describe("strong trust", () => {
  test("three operators must agree", () => {
    const { world } = worldOf(["honest", "honest", "honest", "honest"]);
    const job = submission({ tasks: 4, trust: "strong" });
    world.submit(job);
    world.settle(6);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    for (const task of tasksOf(world, job.jobId))
      expect(new Set(task.leases.map(({ operator }) => operator)).size).toBe(3);
  });
});

describe("reveals", () => {
  test("an answer that does not open its commitment is a loser's, and the task goes on", () => {
    const { world, workers } = worldOf(["badReveal", "honest", "honest"]);
    const job = submission({ tasks: 4 });
    world.submit(job);
    world.settle(20);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    expect(jobView(world.state, job.jobId)?.banned.map(({ operator }) => operator)).toEqual([
      (workers[0] as TestWorker).record.operator,
    ]);
    expect(world.chain.paid.get((workers[0] as TestWorker).address) ?? 0n).toBe(0n);
  });

  test("an answer that is withheld is replaced; the one that was shown still counts", () => {
    const { world, workers } = worldOf(["noReveal", "honest", "honest"]);
    const job = submission({ tasks: 2 });
    world.submit(job);
    world.settle(120);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    expect(world.chain.paid.get((workers[0] as TestWorker).address) ?? 0n).toBe(0n);
    expect(world.factsOf("leaseFailed").every(({ reason }) => reason.code === "revealTimeout")).toBe(true);
  });

  test("outputs that never arrived make a fresh lease", () => {
    const { world } = worldOf(["honest", "honest", "honest"]);
    const job = submission({ tasks: 1 });
    const feed = world.feed.bind(world);
    let dropped = 0;
    world.feed = (input) => {
      if (input.type !== "revealsReceived" || dropped > 0) return feed(input);
      dropped += 1;
      return feed({ ...input, missing: input.message.items.flatMap(({ outputs }) => outputs.map(({ cid }) => cid)) });
    };
    world.submit(job);
    world.settle(10);
    expect(world.factsOf("leaseFailed").map(({ reason }) => reason.code)).toEqual(["outputMissing"]);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
  });
});

test("a referee named by the payer is no replica either", () => {
  const world = new World();
  world.join("w0");
  world.join("w1");
  const friend = world.join("friend");
  const job = submission({ tasks: 4, referees: [address("operator-friend")] });
  world.submit(job);
  world.settle(6);
  expect(jobView(world.state, job.jobId)?.state).toBe("completed");
  expect(world.factsOf("leaseOffered").some(({ worker }) => worker === friend.address)).toBe(false);
});
