// Nothing is silently stuck: what waits can say for what, since when, until when, and what would change it.
import { archFits } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { explainJob, nodeView, type Wait } from "../../src/core/index.ts";
import type { JobOptions } from "./world/fixtures.ts";
import { payer, step, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

function waitsOf(world: World, options: JobOptions, blocks = 3): readonly Wait[] {
  const job = submission(options);
  world.submit(job);
  for (let i = 0; i < blocks; i += 1) world.block();
  return explainJob(world.state, job.jobId)?.waits ?? [];
}

function counts(wait: Wait | undefined): Record<string, number> {
  return Object.fromEntries((wait?.predicates ?? []).map(({ code, workers }) => [code, workers]));
}

describe("a job that can't be placed names each unmet need and how many workers fail it", () => {
  const gpu = (vramBytes: number, arch: string) => ({
    vendor: "nvidia" as const,
    model: "x",
    vramBytes,
    arch,
    driver: "1",
    uuid: "u",
  });

  test("needs of the machine", () => {
    const world = new World();
    const { resources } = world.join("plain").record;
    world.join("small", "honest", { resources: { ...resources, memoryBytes: 1_000 } });
    world.join("weak", "honest", { resources: { ...resources, cpuCores: 1 } });
    world.join("full", "honest", { resources: { ...resources, diskBytes: 1 } });
    world.join("dear", "honest", { pricePerTask: 151n });
    world.join("other", "honest", { classes: [] });
    const [wait] = waitsOf(world, { step: { needs: { ...step().needs, cpuCores: 2 } } });
    expect(counts(wait)).toEqual({
      memoryTooSmall: 1,
      cpuTooFew: 1,
      diskTooSmall: 1,
      priceTooHigh: 1,
      classMissing: 1,
      operatorUsed: 1,
    });
    expect(wait?.message).toContain("fewer than 2 CPU cores");
  });

  test.each([
    ["cpu", "--allow-process"],
    ["cpu-root", "--allow-rootfs"],
    ["cpu-image", "--allow-images"],
  ] as const)("class %s, which an owner has to allow: how he does", (runtimeClass, option) => {
    const world = new World();
    world.join("plain");
    world.join("far").disconnect();
    // Also while the money of its order is not confirmed.
    for (const blocks of [0, 3]) {
      const [wait] = waitsOf(world, { step: { runtimeClass } }, blocks);
      expect(wait?.code).toBe(blocks === 0 ? "escrowUnconfirmed" : "notPlaced");
      expect(counts(wait)).toEqual({ classMissing: 2 });
      expect(wait?.change).toContain(`worker start ${option}; starling worker doctor ${option} says`);
    }
  });

  test("a machine that lacks several things counts for each of them", () => {
    const world = new World();
    const { resources } = world.join("plain").record;
    world.join("small", "honest", { resources: { ...resources, memoryBytes: 1_000, cpuCores: 1 } });
    const gpuNeeds = { count: 1, vramBytes: 16e9, arch: ["sm_80+"] };
    const [wait] = waitsOf(world, { step: { needs: { ...step().needs, cpuCores: 2, gpu: gpuNeeds } } });
    expect(counts(wait)).toEqual({ gpuMissing: 2, cpuTooFew: 1, memoryTooSmall: 1 });
    expect(wait?.fit).toBe(0);
  });

  test.each([
    ["sm_80", "sm_80", true],
    ["sm_80", "sm_90", false],
    ["sm_80+", "sm_80", true],
    ["sm_80+", "sm_90", true],
    ["sm_80+", "sm_120", true],
    ["sm_80+", "sm_75", false],
    ["sm_80+", "gfx90", false],
  ])("architecture %s is met by %s: %s", (wanted, arch, isMet) => {
    expect(archFits(wanted, arch)).toBe(isMet);
  });

  test("needs of GPUs", () => {
    const world = new World();
    const { resources } = world.join("none").record;
    world.join("one", "honest", { resources: { ...resources, accelerators: [gpu(24e9, "sm_90")] } });
    world.join("small", "honest", {
      resources: { ...resources, accelerators: [gpu(8e9, "sm_90"), gpu(8e9, "sm_90")] },
    });
    world.join("old", "honest", {
      resources: { ...resources, accelerators: [gpu(24e9, "sm_70"), gpu(24e9, "sm_70")] },
    });
    const needs = { ...step().needs, gpu: { count: 2, vramBytes: 16e9, arch: ["sm_90"] } };
    const [wait] = waitsOf(world, { step: { needs } });
    expect(counts(wait)).toEqual({ gpuMissing: 1, gpuTooFew: 1, vramTooSmall: 1, gpuArchMissing: 1 });
    expect(wait).toMatchObject({ code: "notPlaced", owner: "coordinator" });
    expect(wait?.until).toBe(submission().deadlineAt);
  });

  test("workers that are there and may not", () => {
    const world = new World();
    world.join("referee", "honest", { operator: payer });
    const gone = world.join("gone");
    world.feed(gone.disconnect());
    const draining = world.join("draining");
    world.feed({ type: "workerDrained", worker: draining.address });
    const [wait] = waitsOf(world, {});
    expect(counts(wait)).toEqual({ isReferee: 1, notConnected: 1, draining: 1 });
  });

  test.each([
    [{ reason: "paused" }, "paused", "1 is paused by their owner"],
    [{ reason: "reclaimed" }, "reclaimed", "1 was taken back by their owner"],
    [{ reason: "draining" }, "draining", "1 takes no more work"],
    [{ reason: "closed" }, "outOfHours", "1 is lent at other hours"],
  ] as const)("a worker that is held back by its owner: %o", (hold, code, said) => {
    const world = new World();
    const held = world.join("held");
    const ask = { type: "ask", freeSlots: 0, classes: ["wasm"], hold } as const;
    world.feed({ type: "workerAsked", worker: held.address, session: held.session, message: ask });
    const [wait] = waitsOf(world, {});
    expect(counts(wait)).toEqual({ [code]: 1 });
    expect(wait?.message).toContain(said);
    expect(nodeView(world.state, held.address)?.hold).toEqual(hold);
    const { hold: _over, ...free } = ask;
    world.feed({ type: "workerAsked", worker: held.address, session: held.session, message: free });
    expect(nodeView(world.state, held.address)?.hold).toBeNull();
  });

  test("the owner's hours are told by when they begin", () => {
    const world = new World();
    const [held, later] = [world.join("held"), world.join("later")];
    for (const [one, hours] of [
      [held, 2],
      [later, 9],
    ] as const) {
      const hold = { reason: "closed", until: world.now + hours * 3_600_000 } as const;
      const message = { type: "ask", freeSlots: 0, classes: ["wasm"], hold } as const;
      world.feed({ type: "workerAsked", worker: one.address, session: one.session, message });
    }
    const [wait] = waitsOf(world, {});
    expect(wait?.message).toMatch(/2 are lent at other hours, the first of them again in about (2h|1h 5\dm)/);
    expect(wait?.change).toBe("the hours of their owners, or another worker");
  });

  test.each([
    ["payerRefused", "do not work for this payer", "each owner decides for himself"],
    ["programRefused", "do not run this program", "each owner decides for himself"],
    ["imageRefused", "do not let program.wasm be pulled", "lists the image's registry with --pull-images"],
    ["outOfHours", "lent at other hours", "the hours of their owners"],
    ["draining", "no more work", "a worker that meets the needs"],
    ["fineTooHigh", "declined this step", "a slot that becomes free"],
  ] as const)("a worker that says %s", (reason, said, change) => {
    const world = new World();
    world.join("picky", "decline").declines = reason;
    const [wait] = waitsOf(world, {});
    expect(counts(wait)).toEqual({ [reason === "fineTooHigh" ? "declined" : reason]: 1 });
    expect(wait?.message).toContain(said);
    expect(wait?.change).toContain(change);
  });

  test("nobody at all", () => {
    const [wait] = waitsOf(new World(), {});
    expect(wait?.message).toContain("no worker has come yet");
    expect(wait?.change).toContain("start a worker");
  });
});

describe("other waits", () => {
  test("money that is not confirmed", () => {
    const [wait] = waitsOf(new World(), {}, 0);
    expect(wait).toMatchObject({ code: "escrowUnconfirmed", owner: "chain" });
  });

  test("an allotment that is on its way", () => {
    const world = new World();
    world.join("a");
    world.join("b");
    const waits = waitsOf(world, {}, 2);
    expect(counts(waits[0])).toEqual({ noCredit: 2 });
  });

  test("a worker's next step", () => {
    const world = new World();
    world.join("a", "silent");
    world.join("b", "honest");
    const waits = waitsOf(world, { tasks: 1 });
    expect(waits.map(({ code }) => code).sort()).toEqual(["notCommitted", "setOpen"]);
    expect(waits.every(({ until }) => until !== null)).toBe(true);
  });

  test("anchors and pay after the end", () => {
    const world = new World();
    world.join("a");
    world.join("b");
    const job = submission();
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    world.pass(600);
    const waits = explainJob(world.state, job.jobId)?.waits ?? [];
    expect(waits.map(({ code }) => code)).toEqual(["anchorPending", "paymentPending"]);
  });
});
