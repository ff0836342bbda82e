// The owner's word: pause, resume, and the machine taken back with notice.
import { describe, expect, test } from "vitest";
import { workerDecider } from "../../../src/core/index.ts";
import { type OwnerWish, stanceOf } from "../../../src/core/owner/hold.ts";
import { coordinator, Driven, lease, only, otherCoordinator, START } from "../support.ts";

function busy(count: number): { readonly driven: Driven; readonly leases: readonly ReturnType<typeof lease>[] } {
  const driven = new Driven();
  driven.connect();
  driven.allot(10_000n);
  const leases = Array.from({ length: count }, (_, i) => lease(`l${i}`));
  driven.lease(leases);
  return { driven, leases };
}

const given = (effects: Parameters<typeof only>[0]) =>
  only(effects, "sendFailures").flatMap(({ items }) =>
    items.map(({ leaseId, reason, kind }) => [leaseId, reason, kind]),
  );
const killed = (effects: Parameters<typeof only>[0]) => only(effects, "killRun").map(({ leaseId }) => leaseId);
const slots = (effects: Parameters<typeof only>[0]) => only(effects, "sendAsk").map(({ freeSlots }) => freeSlots);

describe("a pause", () => {
  test("takes nothing new, finishes what there is, and is over when its owner says so", () => {
    const { driven, leases } = busy(3);
    expect(slots(driven.effectsOf({ type: "ownerAsked", wish: { kind: "pause" } }))).toEqual([0]);
    expect(only(driven.lease([lease("late")]), "sendDeclines")[0]?.leases).toMatchObject([{ reason: "draining" }]);
    const [first] = leases;
    if (first === undefined) throw new Error("no lease");
    // The third one starts when a slot is free.
    expect(only(driven.finish(first), "runLease")).toHaveLength(1);
    expect(stanceOf(driven.state)).toEqual({ state: "paused", since: START, killAt: null });
    expect(slots(driven.effectsOf({ type: "ownerAsked", wish: { kind: "resume" } }))[0]).toBeGreaterThan(0);
    expect(stanceOf(driven.state).state).toBe("working");
  });

  test("is told to coordinators with its reason, and again when that changes or they come back", () => {
    const { driven } = busy(0);
    const holds = (effects: Parameters<typeof only>[0]) => only(effects, "sendAsk").map(({ hold }) => hold);
    const asked = (wish: OwnerWish) => holds(driven.effectsOf({ type: "ownerAsked", wish }));
    expect(asked({ kind: "pause" })).toEqual([{ reason: "paused" }]);
    expect(asked({ kind: "pause" })).toEqual([]);
    expect(asked({ kind: "reclaim", noticeMs: 0 })).toEqual([{ reason: "reclaimed" }]);
    expect(holds(driven.connect(otherCoordinator, "o1"))).toEqual([{ reason: "reclaimed" }]);
    expect(asked({ kind: "resume" })).toEqual([undefined, undefined]);
    expect(holds(driven.effectsOf({ type: "drainRequested" }))).toEqual([
      { reason: "draining" },
      { reason: "draining" },
    ]);
  });

  test("outlives the process; draining does not", () => {
    const { driven } = busy(0);
    driven.input({ type: "ownerAsked", wish: { kind: "pause" } });
    driven.restart();
    expect(stanceOf(driven.state).state).toBe("paused");
    driven.input({ type: "ownerAsked", wish: { kind: "resume" } });
    driven.input({ type: "drainRequested" });
    expect(stanceOf(driven.state).state).toBe("draining");
    driven.restart();
    expect(stanceOf(driven.state).state).toBe("working");
  });

  test("declines at once what waits for its allotment", () => {
    const driven = new Driven();
    driven.connect();
    driven.lease([lease("a")]);
    const declines = only(driven.effectsOf({ type: "ownerAsked", wish: { kind: "pause" } }), "sendDeclines");
    expect(declines[0]?.leases).toMatchObject([{ leaseId: lease("a").leaseId, reason: "draining" }]);
    expect(only(driven.allot(10_000n), "sendAccepts")).toEqual([]);
  });
});

describe("taking the machine back", () => {
  const reclaim = (driven: Driven, noticeMs: number) =>
    driven.effectsOf({ type: "ownerAsked", wish: { kind: "reclaim", noticeMs } });

  test("gives back at once what does not run, and what runs when its notice is over", () => {
    const { driven, leases } = busy(3);
    const [first, second, third] = leases;
    const effects = reclaim(driven, 10_000);
    expect(given(effects)).toEqual([[third?.leaseId, "reclaimed", "infrastructure"]]);
    expect(killed(effects)).toEqual([]);
    expect(slots(effects)).toEqual([0]);
    expect(stanceOf(driven.state)).toEqual({ state: "reclaiming", since: START, killAt: START + 10_000 });
    expect(workerDecider.nextWake(driven.state)).toBeLessThanOrEqual(START + 10_000);
    if (first === undefined || second === undefined) throw new Error("no lease");
    // What is ready in time is answered as ever.
    expect(only(driven.finish(first), "sendCommits")).toHaveLength(1);
    expect(given(driven.pass(9_999))).toEqual([]);
    const over = driven.pass(1);
    expect(given(over)).toEqual([[second.leaseId, "reclaimed", "infrastructure"]]);
    expect(killed(over)).toEqual([second.leaseId]);
    expect(stanceOf(driven.state).state).toBe("reclaimed");
    // Its end tells nobody anything.
    const late = driven.effectsOf({
      type: "runFinished",
      leaseId: second.leaseId,
      attempt: 1,
      result: { kind: "failed", fault: "infrastructure", reason: "killed", message: "", log: "" },
    });
    expect(only(late, "sendFailures")).toEqual([]);
    expect(only(driven.closeSet(first), "sendReveals")).toHaveLength(1);
    driven.verdict(first);
    expect(driven.state.ledger.earned.get(first.escrowId)).toBe(100n);
  });

  test("without notice kills at once; a shorter notice replaces a longer one, and no other way round", () => {
    const { driven } = busy(2);
    reclaim(driven, 60_000);
    expect(killed(reclaim(driven, 5_000))).toEqual([]);
    reclaim(driven, 30_000);
    expect(stanceOf(driven.state).killAt).toBe(START + 5_000);
    expect(killed(reclaim(driven, 0))).toHaveLength(2);
  });

  test("is more than a pause", () => {
    const { driven } = busy(0);
    reclaim(driven, 0);
    expect(driven.input({ type: "ownerAsked", wish: { kind: "pause" } })).toMatchObject({ ok: false });
    driven.input({ type: "ownerAsked", wish: { kind: "resume" } });
    expect(stanceOf(driven.state).state).toBe("working");
  });

  test("is told to a coordinator that is away when it is back", () => {
    const { driven, leases } = busy(1);
    driven.input({ type: "coordinatorGone", coordinator, session: "s1", reason: "" });
    const effects = reclaim(driven, 0);
    expect(killed(effects)).toEqual([leases[0]?.leaseId]);
    expect(given(effects)).toEqual([]);
    expect(given(driven.connect(otherCoordinator, "o1"))).toEqual([]);
    expect(given(driven.connect(coordinator, "s2"))).toEqual([[leases[0]?.leaseId, "reclaimed", "infrastructure"]]);
  });

  test("and given again at once: what was not said runs again, but only when what was killed is dead", () => {
    const { driven, leases } = busy(1);
    const [first] = leases;
    if (first === undefined) throw new Error("no lease");
    driven.input({ type: "coordinatorGone", coordinator, session: "s1", reason: "" });
    expect(killed(reclaim(driven, 0))).toEqual([first.leaseId]);
    expect(only(driven.effectsOf({ type: "ownerAsked", wish: { kind: "resume" } }), "runLease")).toEqual([]);
    const { leaseId, attempt } = first;
    const result = { kind: "failed", fault: "infrastructure", reason: "killed", message: "", log: "" } as const;
    const dead = driven.effectsOf({ type: "runFinished", leaseId, attempt, result });
    expect(only(dead, "runLease").map(({ lease: { leaseId: id } }) => id)).toEqual([leaseId]);
    expect(only(dead, "sendFailures")).toEqual([]);
    driven.connect(coordinator, "s2");
    expect(only(driven.finish(first), "sendCommits")).toHaveLength(1);
  });

  test("holds after a restart: nothing is started again", () => {
    const { driven, leases } = busy(2);
    reclaim(driven, 60_000);
    expect(only(driven.restart(), "runLease")).toEqual([]);
    const back = driven.connect(coordinator, "s2");
    expect(only(back, "runLease")).toEqual([]);
    expect(given(back).map(([id]) => id)).toEqual(leases.map(({ leaseId }) => leaseId));
  });
});
