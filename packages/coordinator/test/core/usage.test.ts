// What attempts used is added up by job, and what the next job should ask for follows from it; nothing else does.
import { parseDuration, parseSize, type StepSpec } from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jobUsageView, receiptMaterial, taskView } from "../../src/core/index.ts";
import { bucketOf, type JobUsage, noteSize, noteUsage, type StepUsage } from "../../src/core/ledger/usage.ts";
import { suggestionsFor, usualMost } from "../../src/core/views/suggestion.ts";
import { config, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

const MEBIBYTE = 2 ** 20;
const { spec } = submission();

function stepOf(asked: { readonly memory?: number; readonly cores?: number; readonly timeoutMs?: number }): StepSpec {
  const { map } = spec;
  const { memory = 256 * MEBIBYTE, cores = 1, timeoutMs = 60_000 } = asked;
  return {
    ...map,
    needs: { ...map.needs, memoryBytes: memory, cpuCores: cores },
    limits: { ...map.limits, memoryBytes: memory, timeoutMs },
  };
}

type Attempt = Partial<Parameters<typeof noteUsage>[2]> & { readonly used?: Partial<Measured> };
interface Measured {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
}

function usageOf(attempts: readonly Attempt[]): JobUsage {
  const usage: JobUsage = new Map();
  for (const { used, ...lease } of attempts) {
    const told = { wallMs: 15_000, cpuMs: 14_000, peakMemoryBytes: 192 * MEBIBYTE, ...used };
    const attempt = { answer: { usage: told }, ...lease } as Parameters<typeof noteUsage>[2];
    noteUsage(usage, "map", attempt);
    noteSize(usage, "map", attempt);
  }
  return usage;
}

const times = (count: number, attempt: Attempt = {}): Attempt[] => Array.from({ length: count }, () => attempt);
const advise = (map: StepSpec, attempts: readonly Attempt[]): string[] =>
  suggestionsFor({ ...spec, map }, usageOf(attempts)).map(
    ({ field, asked, suggested, reason }) => `${field} ${asked} -> ${suggested}: ${reason}`,
  );
const killed: Attempt = {
  answer: null,
  usage: { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1 },
  ending: { outOfMemory: true },
};
const late = {
  answer: null,
  usage: { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1 },
  fault: "application",
  reason: { code: "timedOut", message: "" },
} as const satisfies Attempt;

describe("sizes", () => {
  test("a bucket holds its sizes, and is at most an eighth too large", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (size) => {
        const bucket = bucketOf(size);
        expect(bucket).toBeGreaterThanOrEqual(size);
        expect(bucket).toBeLessThanOrEqual(size + size / 8);
        expect(bucketOf(bucket)).toBe(bucket);
      }),
    );
  });

  test("there are few buckets, however many sizes", () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat(), { maxLength: 2_000 }), (sizes) => {
        expect(new Set(sizes.map(bucketOf)).size).toBeLessThanOrEqual(8 * 53);
      }),
    );
  });

  test("nineteen of twenty stay within what is usual, and one liar in twenty does not change it", () => {
    const sizes = new Map([
      [1_024, 19],
      [2 ** 50, 1],
    ]);
    expect(usualMost(sizes)).toBe(1_024);
    expect(usualMost(new Map([[1_024, 4]]))).toBeNull();
    expect(usualMost(new Map())).toBeNull();
  });
});

describe("what to ask for", () => {
  test("nothing, where too few have ended or all fits", () => {
    expect(advise(stepOf({ memory: 8_192 * MEBIBYTE, cores: 8 }), times(4))).toEqual([]);
    expect(advise(stepOf({}), times(100))).toEqual([]);
    expect(advise(stepOf({}), [killed, late])).toEqual([]);
  });

  test("less, where a lot is spared", () => {
    expect(advise(stepOf({ memory: 2_048 * MEBIBYTE, cores: 4, timeoutMs: 3_600_000 }), times(5))).toEqual([
      "needs.mem 2Gi -> 256Mi: nearly all accepted attempts used at most 192Mi",
      "needs.cpu 4 -> 1: nearly all accepted attempts kept at most 0.96 cores busy",
      "timeout 1h -> 70s: nearly all accepted attempts took at most 15s",
    ]);
  });

  test("more, where attempts came close to the end of it", () => {
    expect(advise(stepOf({ memory: 208 * MEBIBYTE, timeoutMs: 20_000 }), times(5))).toEqual([
      "needs.mem 208Mi -> 256Mi: nearly all accepted attempts used at most 192Mi",
      "timeout 20s -> 70s: nearly all accepted attempts took at most 15s",
    ]);
    expect(advise(stepOf({}), times(5, { used: { cpuMs: 55_000 } }))).toEqual([
      "needs.cpu 1 -> 4: nearly all accepted attempts kept at most 3.84 cores busy",
    ]);
  });

  test("twice as much, where attempts were killed for the want of it, however few were accepted", () => {
    expect(advise(stepOf({}), [killed, killed])).toEqual([
      "needs.mem 256Mi -> 512Mi: 2 attempts were killed for memory",
    ]);
    expect(advise(stepOf({}), [late, late])).toEqual(["timeout 1m -> 2m: 2 attempts ran out of time"]);
  });

  test("what is suggested can stand in a file, holds what was used, and is not suggested again", () => {
    fc.assert(
      fc.property(
        fc.record({
          memory: fc.integer({ min: 1, max: 2 ** 40 }),
          cores: fc.integer({ min: 1, max: 256 }),
          timeoutMs: fc.integer({ min: 1, max: 86_400 }).map((seconds) => seconds * 1_000),
        }),
        fc.array(
          fc.record({
            wallMs: fc.integer({ min: 0, max: 20_000_000 }),
            cpuMs: fc.nat({ max: 20_000_000 }),
            peakMemoryBytes: fc.integer({ min: 1, max: 2 ** 41 }),
          }),
          { maxLength: 40 },
        ),
        (asked, measured) => {
          const usage = usageOf(measured.map((used) => ({ used })));
          const map = stepOf(asked);
          const again = { memory: asked.memory, cores: asked.cores, timeoutMs: asked.timeoutMs };
          for (const { field, suggested } of suggestionsFor({ ...spec, map }, usage)) {
            if (field === "needs.cpu") again.cores = Number(suggested);
            else {
              const read = field === "timeout" ? parseDuration(suggested) : parseSize(suggested);
              if (!read.ok) throw new Error(suggested);
              if (field === "timeout") again.timeoutMs = read.value;
              else again.memory = read.value;
            }
            if (field !== "needs.mem") continue;
            const most = measured.map(({ peakMemoryBytes }) => peakMemoryBytes).sort((a, b) => a - b);
            const typical = most[Math.ceil(most.length * 0.95) - 1] ?? 0;
            expect(again.memory).toBeGreaterThanOrEqual(typical);
          }
          expect(suggestionsFor({ ...spec, map: stepOf(again) }, usage)).toEqual([]);
        },
      ),
    );
  });
});

describe("a job", () => {
  function sumsOf(world: World, jobId: ReturnType<typeof submission>["jobId"]): Partial<StepUsage>[] {
    return jobUsageView(world.state, jobId).steps.map(({ used }) => used);
  }

  test("adds up every attempt that told, once, and sizes what was accepted", () => {
    const world = new World(config({ policy: { finalityMs: 0 } }));
    const workers = ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => world.join(name));
    for (const liar of workers.slice(0, 2)) liar.behaviour = "otherLiar";
    for (const failing of workers.slice(2, 4)) failing.behaviour = "failing";
    const job = submission({ tasks: 6 });
    world.submit(job);
    for (let i = 0; i < 12; i += 1) world.block();
    const leases = [...world.state.ledger.leases.values()];
    const told = leases.filter(({ answer, usage }) => answer !== null || usage !== undefined);
    const [sums] = sumsOf(world, job.jobId);
    const failed = told.filter(({ answer }) => answer === null);
    expect(failed.length).toBeGreaterThan(0);
    expect(leases.some(({ verdict }) => verdict === "rejected")).toBe(true);
    expect(sums).toMatchObject({
      attempts: told.length,
      wallMs: BigInt(5 * (told.length - failed.length) + 7 * failed.length),
      peakMemoryBytes: 2_000,
      bytesIn: BigInt(100 * (told.length - failed.length) + 10 * failed.length),
      bytesOut: BigInt(10 * (told.length - failed.length)),
    });
    const accepted = leases.filter(({ verdict }) => verdict === "accepted").length;
    expect([...(sums?.memoryBytes?.values() ?? [])].reduce((a, b) => a + b, 0)).toBe(accepted);
  });

  test("has a receipt with the same figures, attempts that failed included, the last ones of many", () => {
    const world = new World(config({ policy: { finalityMs: 0 } }));
    for (const name of ["a", "b"]) world.join(name).behaviour = "failing";
    for (const name of ["c", "d"]) world.join(name);
    const job = submission({ tasks: 3 });
    world.submit(job);
    for (let i = 0; i < 12; i += 1) world.block();
    const tasks = receiptMaterial(world.state, job.jobId)?.tasks ?? [];
    expect(tasks).toHaveLength(3);
    for (const { answers } of tasks)
      for (const { usage } of answers)
        expect(usage).toEqual({ wallMs: 5, cpuMs: 5, peakMemoryBytes: 1_000, bytesIn: 100, bytesOut: 10 });
    const failed = [...world.state.ledger.leases.values()].filter(({ state }) => state === "failed");
    const told = tasks.flatMap(({ failures = [] }) => failures);
    expect(told).toHaveLength(failed.length);
    expect(told[0]).toMatchObject({
      kind: "application",
      reason: "exit",
      ending: { exitCode: 3 },
      usage: { bytesIn: 10 },
    });
    for (const { leases } of world.state.ledger.tasks.values()) {
      const again = failed[0]?.leaseId ?? leases[0];
      if (again !== undefined) leases.unshift(...times(40).map(() => again));
    }
    for (const { failures } of receiptMaterial(world.state, job.jobId)?.tasks ?? []) expect(failures).toHaveLength(16);
  });

  test("says of a failed attempt how its program ended and what it had used by then", () => {
    const world = new World();
    for (const name of ["a", "b", "c"]) world.join(name).behaviour = "failing";
    const job = submission({ tasks: 1 });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    const [lease] = taskView(world.state, `${job.jobId}/map/0`)?.leases ?? [];
    expect(lease).toMatchObject({ state: "failed", ending: { exitCode: 3 }, usage: { wallMs: 7, bytesIn: 10 } });
  });
});
