// Nobody chooses whose answer he checks: friends that always ask back to back share no more tasks than a blind draw would give them.
import { describe, expect, test } from "vitest";
import { jobView } from "../../src/core/index.ts";
import { address, config, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

interface Crowd {
  readonly friends: number;
  readonly operators: number;
  readonly trust?: "quorum" | "strong";
  readonly slots?: number;
  readonly tasks?: number;
  readonly seed: number;
}

const tasks = 300;
const seeds = [1, 2, 3, 4, 5];

/** Which operators answered each task of a job, while the queue is never empty; the friends' asks come one right after the other. */
function answersOf(crowd: Crowd): readonly (readonly string[])[] {
  const { friends, operators, trust = "quorum", slots = 1, seed } = crowd;
  const world = new World(config(), seed * 1_000_003);
  // Others look at invariants; here it would be most of the time.
  world.check = () => undefined;
  for (let i = 0; i < operators; i += 1) world.join(i < friends ? `friend-${i}` : `w${i}`, "honest", { slots });
  const job = submission({ tasks: crowd.tasks ?? tasks, trust, budget: 10_000_000n });
  world.submit(job);
  for (let i = 0; i < 20 && jobView(world.state, job.jobId)?.state !== "completed"; i += 1) world.settle(1);
  expect(jobView(world.state, job.jobId)?.state).toBe("completed");
  const answers = new Map<string, string[]>();
  for (const { taskId, operator, role } of world.factsOf("leaseOffered")) {
    if (role !== "replica") continue;
    const known = answers.get(taskId) ?? [];
    if (known.length < (trust === "quorum" ? 2 : 3)) answers.set(taskId, [...known, operator]);
  }
  return [...answers.values()];
}

/** How many tasks only friends answered, in all seeds. */
function caughtBy(crowd: Omit<Crowd, "seed">, over: readonly number[] = seeds): number {
  const ours = new Set(Array.from({ length: crowd.friends }, (_, i) => address(`operator-friend-${i}`) as string));
  let count = 0;
  for (const seed of over)
    count += answersOf({ ...crowd, seed }).filter((answers) => answers.every((one) => ours.has(one))).length;
  return count;
}

/** The tasks and their deviation that draws without replacement give. */
function blind(crowd: Omit<Crowd, "seed">, over: readonly number[] = seeds): { mean: number; sigma: number } {
  const replicas = crowd.trust === "strong" ? 3 : 2;
  let chance = 1;
  for (let i = 0; i < replicas; i += 1) chance *= (crowd.friends - i) / (crowd.operators - i);
  const mean = (crowd.tasks ?? tasks) * over.length * chance;
  return { mean, sigma: Math.sqrt(mean * (1 - chance)) };
}

describe("friends that always ask back to back", () => {
  test.each([
    { friends: 2, operators: 20 },
    { friends: 4, operators: 40 },
    { friends: 4, operators: 40, slots: 4 },
    { friends: 8, operators: 20, trust: "strong" as const, tasks: 120 },
  ])("share no more tasks than a blind draw gives them: %o", (crowd) => {
    const { mean, sigma } = blind(crowd);
    const caught = caughtBy(crowd);
    expect(caught).toBeLessThanOrEqual(Math.ceil(mean + 3 * sigma));
  });
});
