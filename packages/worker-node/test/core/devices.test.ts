// GPUs in the worker's core: never two attempts on one, given back at every end, withdrawn when they are missed and back when they are seen.
import type { Accelerator, GpuNeeds, LeaseId } from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DeviceHealth, healthAfter, wellDevice } from "../../src/core/devices/health.ts";
import { devicePool, devicesOf, lookAtDevices, releaseDevices, takeDevices } from "../../src/core/devices/pool.ts";
import { wellDevices, workerDecider } from "../../src/core/index.ts";
import { coordinator, Driven, lease } from "./support.ts";

const gpu = (name: string, gigabytes = 24, arch = "sm_90"): Accelerator => ({
  ...{ vendor: "nvidia", model: "test", driver: "580.1", uuid: `GPU-${name}` },
  ...{ vramBytes: gigabytes * 2 ** 30, arch },
});
const needs = (count: number, gigabytes = 8, arch: readonly string[] = []): GpuNeeds => ({
  ...{ count, arch, vramBytes: gigabytes * 2 ** 30 },
});
const limits = { misses: 2, sightings: 3 };

describe("the pool", () => {
  const gpus = fc
    .array(fc.record({ gigabytes: fc.constantFrom(8, 24, 80), arch: fc.constantFrom("sm_80", "sm_90", "gfx942") }), {
      maxLength: 6,
    })
    .map((list) => list.map(({ gigabytes, arch }, i) => gpu(String(i), gigabytes, arch)));
  const step = fc.oneof(
    fc.record({
      take: fc.nat({ max: 7 }),
      needs: fc.record({
        count: fc.integer({ min: 1, max: 3 }),
        vramBytes: fc.constantFrom(0, 10 * 2 ** 30),
        arch: fc.constantFrom([], ["sm_80+"], ["gfx942"]),
      }),
    }),
    fc.record({ release: fc.nat({ max: 7 }) }),
    fc.record({ seen: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }) }),
  );
  const idOf = (number: number): LeaseId => `0x${String(number).padStart(64, "0")}`;

  test("never hands one GPU to two attempts, hands out what is asked or nothing, and takes all back", () => {
    fc.assert(
      fc.property(gpus, fc.array(step, { maxLength: 60 }), (all, steps) => {
        const pool = devicePool(all);
        const model = new Map<LeaseId, readonly string[]>();
        for (const one of steps) {
          if ("take" in one) {
            const leaseId = idOf(one.take);
            const had = model.get(leaseId);
            const taken = takeDevices(pool, leaseId, one.needs);
            if (had !== undefined) expect(taken).toEqual(had);
            else if (taken !== null) {
              expect(taken).toHaveLength(one.needs.count);
              const others = new Set([...model.values()].flat());
              for (const uuid of taken) expect(others.has(uuid)).toBe(false);
              for (const uuid of taken)
                expect(pool.get(uuid)?.gpu.vramBytes).toBeGreaterThanOrEqual(one.needs.vramBytes);
              model.set(leaseId, taken);
            }
          } else if ("release" in one) {
            releaseDevices(pool, idOf(one.release));
            model.delete(idOf(one.release));
          } else {
            const seen = all.filter((_, i) => one.seen[i] === true);
            const lost = lookAtDevices(pool, { seen, reason: "" }, limits);
            for (const leaseId of lost) expect(model.has(leaseId)).toBe(true);
          }
          for (const [leaseId, uuids] of model) expect([...devicesOf(pool, leaseId)].sort()).toEqual([...uuids].sort());
        }
      }),
    );
  });

  test("hands out the smallest that does", () => {
    const pool = devicePool([gpu("large", 80), gpu("small", 8), gpu("middle", 24)]);
    expect(takeDevices(pool, idOf(1), needs(1, 10))).toEqual(["GPU-middle"]);
    expect(takeDevices(pool, idOf(2), needs(1, 10))).toEqual(["GPU-large"]);
    expect(takeDevices(pool, idOf(3), needs(1, 10))).toBeNull();
  });
});

describe("health", () => {
  const after = (looks: readonly (string | null)[]): DeviceHealth =>
    looks.reduce((health: DeviceHealth, look) => healthAfter(health, look, limits), wellDevice);

  test("is lost by misses in a row and won back by sightings in a row, never by one look", () => {
    expect(after(["gone"])).toEqual({ state: "suspect", streak: 1, reason: "gone" });
    expect(after(["gone", null, "gone"]).state).toBe("suspect");
    expect(after(["gone", "gone"])).toEqual({ state: "withdrawn", streak: 0, reason: "gone" });
    expect(after(["gone", "gone", null, null])).toMatchObject({ state: "withdrawn", reason: "gone" });
    expect(after(["gone", "gone", null, null, "hangs", null, null])).toMatchObject({ state: "withdrawn" });
    expect(after(["gone", "gone", null, null, null])).toEqual(wellDevice);
  });

  test("changes only after as many looks in a row as it says, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<string | null>(null, "gone"), { maxLength: 40 }), (looks) => {
        let health = wellDevice;
        looks.forEach((look, i) => {
          const before = health.state;
          health = healthAfter(health, look, limits);
          const last = (count: number) => looks.slice(Math.max(0, i + 1 - count), i + 1);
          if (before !== "withdrawn" && health.state === "withdrawn") expect(last(2)).toEqual(["gone", "gone"]);
          if (before === "withdrawn" && health.state === "well") expect(last(3)).toEqual([null, null, null]);
          if (health.state === "well") expect(health).toEqual(wellDevice);
        });
      }),
    );
  });
});

describe("a worker with GPUs", () => {
  const gpus = [gpu("a"), gpu("b")];
  const driven = (): Driven => {
    const one = new Driven({ gpus, slots: 4 });
    one.connect();
    one.allot(10_000n);
    return one;
  };
  const give = (one: Driven, ...items: ReturnType<typeof lease>[]) =>
    one.effectsOf({ type: "leasesReceived", coordinator, session: "s1", epoch: 1, items });
  const started = (effects: readonly { readonly type: string }[]) =>
    effects.flatMap((effect) => {
      const { type, lease: item, devices } = effect as { type: string; lease: { leaseId: string }; devices: string[] };
      return type === "runLease" ? [[item.leaseId, devices] as const] : [];
    });
  const end = (one: Driven, item: ReturnType<typeof lease>) =>
    one.effectsOf({
      type: "runFinished",
      leaseId: item.leaseId,
      attempt: item.attempt,
      result: { kind: "failed", fault: "infrastructure", reason: "killed", message: "", log: "" },
    });
  const [first, second, both, plain] = [
    lease("1", { gpu: needs(1) }),
    lease("2", { gpu: needs(1) }),
    lease("3", { gpu: needs(2) }),
    lease("4"),
  ];

  test("starts what it has GPUs for; who wants two is not overtaken by who wants one, and others go on", () => {
    const one = driven();
    expect(started(give(one, first))).toEqual([[first.leaseId, ["GPU-a"]]]);
    expect(started(give(one, both, second, plain))).toEqual([[plain.leaseId, []]]);
    expect(started(end(one, first))).toEqual([[both.leaseId, ["GPU-a", "GPU-b"]]]);
    expect(started(end(one, both))).toEqual([[second.leaseId, ["GPU-a"]]]);
    expect(workerDecider.violations(one.state)).toEqual([]);
  });

  test("keeps a GPU from others until the run of a revoked lease is dead", () => {
    const one = driven();
    give(one, first, both);
    const revoked = one.effectsOf({
      type: "leasesRevoked",
      coordinator,
      leases: [{ leaseId: first.leaseId, reason: "unneeded" }],
    });
    expect(revoked.map(({ type }) => type)).toContain("killRun");
    expect(started(revoked)).toEqual([]);
    expect(started(end(one, first))).toEqual([[both.leaseId, ["GPU-a", "GPU-b"]]]);
  });

  test("declines what its GPUs can never do", () => {
    const effects = give(driven(), lease("5", { gpu: needs(3) }), lease("6", { gpu: needs(1, 80) }));
    expect(effects).toContainEqual(
      expect.objectContaining({
        type: "sendDeclines",
        leases: [expect.objectContaining({ reason: "needsUnmet" }), expect.objectContaining({ reason: "needsUnmet" })],
      }),
    );
  });

  test("fails and kills what runs on a GPU that hangs, and advertises it again only after it was seen well", () => {
    const one = driven();
    give(one, first);
    const look = (seen: readonly Accelerator[]) => one.effectsOf({ type: "devicesSeen", seen, reason: "it hangs" });
    expect(look([gpus[1] ?? gpu("b")])).toEqual([]);
    const effects = look([gpus[1] ?? gpu("b")]);
    expect(effects).toContainEqual({ type: "killRun", leaseId: first.leaseId });
    expect(effects).toContainEqual(
      expect.objectContaining({
        type: "sendFailures",
        items: [expect.objectContaining({ kind: "infrastructure", reason: "deviceLost" })],
      }),
    );
    expect(wellDevices(one.state).map(({ uuid }) => uuid)).toEqual(["GPU-b"]);
    end(one, first);
    expect(started(give(one, second))).toEqual([[second.leaseId, ["GPU-b"]]]);
    for (let i = 0; i < 3; i += 1) look(gpus);
    expect(wellDevices(one.state)).toHaveLength(2);
    const renewed = gpus.map((found) => ({ ...found, driver: "590.0" }));
    for (let i = 0; i < 2; i += 1) look(renewed);
    expect(wellDevices(one.state)).toEqual([]);
    expect(workerDecider.violations(one.state)).toEqual([]);
  });
});
