// Checkpoints of a worker: kept, told, asked for before a run has to end, and gone on from where nobody else has to be believed.
import type { Checkpoint } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { workerDecider } from "../../src/core/index.ts";
import { Driven, hash, lease, only, START } from "./support.ts";

const TERMS = { bytes: 1_000, everyMs: 1_000, graceMs: 2_000 };

function at(step: number, whose = "own"): Checkpoint {
  return { step, cid: `cid:${hash(`${whose} ${step}`).slice(2)}`, size: 10 };
}

function keeping(name: string, change: Parameters<typeof lease>[1] = {}) {
  const plain = lease(name, change);
  return { ...plain, task: { ...plain.task, limits: { ...plain.task.limits, checkpoint: TERMS } } };
}

function working(items: readonly ReturnType<typeof keeping>[]): Driven {
  const driven = new Driven();
  driven.connect();
  driven.allot(10_000n);
  driven.lease(items);
  return driven;
}

const keep = (driven: Driven, item: ReturnType<typeof keeping>, checkpoints: readonly Checkpoint[]) =>
  driven.effectsOf({ type: "checkpointsKept", leaseId: item.leaseId, attempt: item.attempt, checkpoints });

const stopped = (driven: Driven, item: ReturnType<typeof keeping>) =>
  driven.effectsOf({
    type: "runFinished",
    leaseId: item.leaseId,
    attempt: item.attempt,
    result: { kind: "failed", fault: "infrastructure", reason: "killed", message: "", log: "" },
  });

describe("a checkpoint", () => {
  test("is told at once, and its lease goes on from it in the next life", () => {
    const item = keeping("a");
    const driven = working([item]);
    const told = only(keep(driven, item, [at(5), at(9)]), "sendCheckpoints");
    expect(told.map(({ lease }) => lease)).toEqual([
      { leaseId: item.leaseId, done: 0, total: 0, checkpoints: [at(5), at(9)] },
    ]);
    const before = driven.effects.length;
    driven.restart();
    expect(only(driven.effects.slice(before), "runLease")[0]?.resume).toEqual(at(9));
  });

  test("of a lease that runs no more counts for nothing", () => {
    const item = keeping("a");
    const driven = working([item]);
    driven.finish(item);
    expect(keep(driven, item, [at(5)])).toEqual([]);
    expect(driven.input({ type: "checkpointsKept", leaseId: item.leaseId, attempt: 1, checkpoints: [at(6)] }).ok).toBe(
      false,
    );
  });

  test("of somebody else is gone on from only where a wrong answer costs nothing", () => {
    const [risky, free] = [
      keeping("a", { resume: at(7, "other") }),
      keeping("b", { resume: at(7, "other"), fine: 0n }),
    ];
    const driven = working([risky, free]);
    const resumed = only(driven.effects, "runLease").map(({ lease: { leaseId }, resume }) => [leaseId, resume]);
    expect(resumed).toEqual([
      [risky.leaseId, undefined],
      [free.leaseId, at(7, "other")],
    ]);
  });

  test("that was made here is gone on from in a later lease of the task, whatever the fine", () => {
    const item = keeping("a");
    const driven = working([item]);
    keep(driven, item, [at(5)]);
    driven.effectsOf({
      type: "leasesRevoked",
      coordinator: `0x${"0a".repeat(20)}`,
      leases: [{ leaseId: item.leaseId, reason: "x" }],
    });
    stopped(driven, item);
    const again = { ...keeping("again", { resume: at(5) }), taskSpec: item.taskSpec };
    expect(only(driven.lease([again]), "runLease")[0]?.resume).toEqual(at(5));
    const forged = { ...keeping("forged", { resume: at(5, "other") }), taskSpec: item.taskSpec };
    expect(only(driven.lease([forged]), "runLease")[0]?.resume).toBeUndefined();
  });
});

describe("an owner who wants his machine", () => {
  const reclaim = (driven: Driven, noticeMs: number) =>
    driven.effectsOf({ type: "ownerAsked", wish: { kind: "reclaim", noticeMs } });

  test("has runs asked a grace before his notice ends, and told with the failure how far they came", () => {
    const item = keeping("a");
    const driven = working([item]);
    expect(only(reclaim(driven, 10_000), "stopRun")).toEqual([]);
    expect(workerDecider.nextWake(driven.state)).toBeLessThanOrEqual(START + 8_000);
    expect(only(driven.pass(8_000), "stopRun")).toEqual([{ type: "stopRun", leaseId: item.leaseId }]);
    expect(only(driven.pass(1), "stopRun")).toEqual([]);
    // What comes now is told with the failure, and not before it.
    expect(only(keep(driven, item, [at(12)]), "sendCheckpoints")).toEqual([]);
    const failures = only(stopped(driven, item), "sendFailures").flatMap(({ items }) => items);
    expect(failures).toMatchObject([{ leaseId: item.leaseId, reason: "reclaimed", checkpoints: [at(12)] }]);
    expect(driven.state.presence.stopping.size).toBe(0);
  });

  test("has them killed when it does, once, and what they left is still told", () => {
    const item = keeping("a");
    const driven = working([item]);
    const effects = reclaim(driven, 0);
    expect(only(effects, "killRun")).toHaveLength(1);
    expect(only(effects, "sendFailures")).toEqual([]);
    expect(only(driven.pass(5), "killRun")).toEqual([]);
    keep(driven, item, [at(3)]);
    expect(only(stopped(driven, item), "sendFailures")[0]?.items[0]?.checkpoints).toEqual([at(3)]);
  });

  test("who lets it go on after all has the run go on from there", () => {
    const item = keeping("a");
    const driven = working([item]);
    reclaim(driven, 2_000);
    keep(driven, item, [at(4)]);
    driven.input({ type: "ownerAsked", wish: { kind: "resume" } });
    expect(only(stopped(driven, item), "runLease")[0]?.resume).toEqual(at(4));
  });
});

test("a process that ends asks for checkpoints, starts nothing, and gives nothing back", () => {
  const [item, next] = [keeping("a"), keeping("b")];
  const driven = working([item]);
  expect(only(driven.effectsOf({ type: "endRequested" }), "stopRun")).toHaveLength(1);
  keep(driven, item, [at(8)]);
  const effects = [...stopped(driven, item), ...driven.lease([next])];
  expect([...only(effects, "sendFailures"), ...only(effects, "runLease")]).toEqual([]);
  const before = driven.effects.length;
  driven.restart();
  driven.connect();
  const resumed = only(driven.effects.slice(before), "runLease").map(({ lease: { leaseId }, resume }) => [
    leaseId,
    resume?.step,
  ]);
  expect(resumed).toContainEqual([item.leaseId, 8]);
});
