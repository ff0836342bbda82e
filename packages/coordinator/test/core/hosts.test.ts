// Steps that reach hosts: a host may answer each worker differently, so its answers cost nobody a fine or a name.
import { describe, expect, test } from "vitest";
import { explainJob } from "../../src/core/index.ts";
import { step, submission } from "./world/fixtures.ts";
import { fund, stateOf, tasksOf, worldOf } from "./world/trust.ts";

const hosts = ["api.example.org:443"];
const reaching = { needs: { ...step().needs, hosts } };

function run(asked: Parameters<typeof submission>[0]) {
  const { world, workers } = worldOf(["liar", "honest", "honest", "honest", "honest"]);
  const job = submission({ tasks: 8, ...asked });
  world.submit(job);
  fund(world, job.newEscrowId);
  world.settle(30);
  return { world, workers, job };
}

describe("a step that reaches hosts", () => {
  test("has leases that name the hosts and no fine, pledged or not", () => {
    const { world } = run({ step: reaching });
    const offered = world.factsOf("leaseOffered");
    expect(offered.length).toBeGreaterThan(8);
    expect(new Set(offered.map(({ fine }) => fine))).toEqual(new Set([0n]));
    const sent = world.effects.flatMap((effect) => (effect.type === "sendLeases" ? effect.leases : []));
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.every((lease) => lease.hosts === hosts)).toBe(true);
  });

  test("blames nobody whose answer differs, and pays those that agree", () => {
    const { world, workers, job } = run({ step: reaching });
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(world.factsOf("mismatchFound").length).toBeGreaterThan(0);
    expect(world.factsOf("operatorCaught")).toEqual([]);
    const rejected = tasksOf(world, job.jobId).flatMap(({ leases }) =>
      leases.filter(({ verdict }) => verdict === "rejected"),
    );
    expect(new Set(rejected.map(({ worker }) => worker))).toEqual(new Set([workers[0]?.address]));
  });

  test("is the only one of its kind: the same lies without hosts are blamed and fined", () => {
    const { world } = run({});
    expect(world.factsOf("operatorCaught").length).toBeGreaterThan(0);
    expect(world.factsOf("leaseOffered").some(({ fine }) => fine > 0n)).toBe(true);
  });

  test("waits for owners who list its hosts, and says so", () => {
    const { world } = worldOf(["decline"]);
    for (const worker of world.workers.values()) worker.declines = "hostsRefused";
    const job = submission({ step: reaching });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(3);
    const [wait] = explainJob(world.state, job.jobId)?.waits ?? [];
    expect(wait?.predicates.map(({ code, workers }) => [code, workers])).toEqual([["hostsRefused", 1]]);
    expect(wait?.message).toContain("let no task reach api.example.org:443");
    expect(wait?.change).toContain("--allow-hosts");
  });
});
