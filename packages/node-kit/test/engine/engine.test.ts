// One engine over a toy core: the order of a turn, its limits, its clock, and how it stops.
import type { Outcome } from "@starling/kernel";
import { describe, expect, it, vi } from "vitest";
import { EngineStoppedError } from "../../src/engine/engine.ts";
import { MemoryDisk, MemoryJournal } from "../../src/journal/memory-journal.ts";
import { ManualClock } from "../manual-clock.ts";
import { deposit, START_MS, setup } from "./engine-setup.ts";
import { toyTimes } from "./toy.ts";

// A journal whose appends wait until the test lets them through.
class SlowJournal extends MemoryJournal {
  readonly #held: { readonly write: () => void }[] = [];

  override async append(facts: readonly string[], at: number) {
    await new Promise<void>((write) => this.#held.push({ write }));
    return await super.append(facts, at);
  }

  async release(): Promise<void> {
    await vi.waitUntil(() => this.#held.length > 0, { interval: 1 });
    this.#held.shift()?.write();
  }
}

describe("a turn", () => {
  it("answers with the outcome of the core", async () => {
    const { engine } = setup();
    await engine.start();
    expect(await engine.submit(deposit("ada", 5n))).toEqual({ ok: true, value: 1 });
    expect(await engine.submit(deposit("ada", 0n))).toMatchObject({ ok: false, code: "invalid" });
    expect(engine.read((state) => state.accounts.get("ada"))).toBe(5n);
    await engine.stop();
  });

  it("answers, tells and performs only after the append, in that order", async () => {
    const journal = new SlowJournal();
    const { engine, performed } = setup({ journal });
    await engine.start();
    const seen: string[] = [];
    engine.onFacts(({ firstSeq, facts }) => seen.push(`told ${firstSeq}+${facts.length}`));
    const answer = engine.submit(deposit("ada")).then(() => seen.push("answered"));
    const settled = engine.readSettled((state) => state.transfers).then((transfers) => seen.push(`read ${transfers}`));
    await settled;
    const turnBegan = vi.waitUntil(() => engine.read((state) => state.transfers) === 1, { interval: 1 });
    await turnBegan;
    const ahead = engine.readSettled((state) => state.transfers).then((transfers) => seen.push(`read ${transfers}`));
    expect(seen).toEqual(["read 0"]);
    expect(performed).toEqual([]);
    await journal.release();
    await Promise.all([answer, ahead]);
    expect(seen.slice(0, 2)).toEqual(["read 0", "told 1+1"]);
    expect(seen.slice(2).sort()).toEqual(["answered", "read 1"]);
    expect(performed).toEqual([{ id: "1.1.0", effect: { type: "announce", transfer: 1 } }]);
    await engine.stop();
  });

  it("gathers the inputs that come during an append into one batch", async () => {
    const journal = new SlowJournal();
    const { engine } = setup({ journal });
    await engine.start();
    const batches: number[] = [];
    engine.onFacts(({ facts }) => batches.push(facts.length));
    const first = engine.submit(deposit("ada"));
    await vi.waitUntil(() => engine.read((state) => state.transfers) === 1, { interval: 1 });
    const rest = Array.from({ length: 50 }, () => engine.submit(deposit("bob")));
    await journal.release();
    await first;
    await journal.release();
    await Promise.all(rest);
    expect(batches).toEqual([1, 50]);
    await engine.stop();
  });

  it("takes a bounded number of inputs", async () => {
    const { engine } = setup({ limits: { inputsPerTurn: 10 } });
    await engine.start();
    const batches: number[] = [];
    engine.onFacts(({ facts }) => batches.push(facts.length));
    await Promise.all(Array.from({ length: 25 }, () => engine.submit(deposit("ada"))));
    expect(batches).toEqual([10, 10, 5]);
    await engine.stop();
  });

  it("gives random streams from the turn's entropy", async () => {
    const { engine } = setup();
    await engine.start();
    const first = await engine.submit({ type: "roll" });
    expect(first).toEqual(await engine.submit({ type: "roll" }));
    await engine.stop();
  });

  it("tells a watcher who comes back what he missed", async () => {
    const { engine } = setup();
    await engine.start();
    await engine.submit({ type: "deposit", account: "ada", amount: 1n, times: 3 });
    await engine.submit(deposit("bob"));
    const missed: unknown[] = [];
    for await (const { firstSeq, facts } of engine.history(2)) missed.push([firstSeq, facts.map((fact) => fact.type)]);
    expect(missed).toEqual([
      [3, ["deposited"]],
      [4, ["deposited"]],
    ]);
    await engine.stop();
  });

  it("survives a listener that throws", async () => {
    const { engine, fatal } = setup();
    await engine.start();
    engine.onFacts(() => {
      throw new Error("a watcher's bug");
    });
    expect(await engine.submit(deposit("ada"))).toMatchObject({ ok: true });
    expect(fatal).toEqual([]);
    await engine.stop();
  });
});

describe("the inbox", () => {
  it("refuses what exceeds its limit and goes on afterwards", async () => {
    const { engine } = setup({ limits: { inbox: 3 } });
    await engine.start();
    const answers = await Promise.all(Array.from({ length: 5 }, () => engine.submit(deposit("ada"))));
    expect(answers.map((answer: Outcome) => (answer.ok ? "ok" : answer.code))).toEqual([
      "ok",
      "ok",
      "ok",
      "overloaded",
      "overloaded",
    ]);
    expect(await engine.submit(deposit("ada"))).toMatchObject({ ok: true });
    expect(engine.stats()).toMatchObject({ inbox: 0, overloaded: 2, inputs: 4 });
    await engine.stop();
  });

  it("drops posted inputs when it is full, and says so", async () => {
    const { engine } = setup({ limits: { inbox: 2 } });
    await engine.start();
    expect([engine.post(deposit("a")), engine.post(deposit("b")), engine.post(deposit("c"))]).toEqual([
      true,
      true,
      false,
    ]);
    await engine.stop();
  });

  it("takes feedback even when it is full", async () => {
    const { engine } = setup({
      limits: { inbox: 1 },
      perform: async (effect, { feedback }) => {
        if (effect.type === "announce") feedback({ type: "announced", transfer: effect.transfer });
      },
    });
    await engine.start();
    await engine.submit({ type: "deposit", account: "ada", amount: 1n, times: 50 });
    await vi.waitUntil(() => engine.read((state) => state.owed.size) === 0, { interval: 1 });
    await engine.stop();
  });
});

describe("time", () => {
  it("arms one timer for the next wake and tells the core once", async () => {
    const { engine, clock, performed } = setup();
    await engine.start();
    await engine.submit({ type: "alarm", at: START_MS + 1_000 });
    expect(clock.timers).toBe(1);
    clock.advance(999);
    await engine.submit({ type: "look" });
    expect(performed).toEqual([]);
    clock.advance(1);
    await vi.waitUntil(() => performed.length === 1, { interval: 1 });
    expect(clock.timers).toBe(0);
    await engine.stop();
  });

  it("never goes back, whatever happens to the wall clock, and goes on from the journal", async () => {
    const disk = new MemoryDisk();
    const clock = new ManualClock(START_MS);
    const first = setup({ disk, clock });
    await first.engine.start();
    clock.advance(500);
    clock.setWall(START_MS - 3_600_000);
    expect(await first.engine.submit({ type: "look" })).toEqual({ ok: true, value: START_MS + 500 });
    await first.engine.submit(deposit("ada"));
    await first.engine.stop();
    const second = setup({ disk, clock });
    await second.engine.start();
    clock.advance(7);
    expect(await second.engine.submit({ type: "look" })).toEqual({ ok: true, value: START_MS + 507 });
    await second.engine.stop();
    expect(toyTimes.every(Number.isInteger)).toBe(true);
  });
});

describe("a failure", () => {
  it("of the core stops everything and leaves nothing of the turn behind", async () => {
    const disk = new MemoryDisk();
    const { engine, fatal, performed } = setup({ disk });
    await engine.start();
    const answers = await Promise.allSettled([
      engine.submit(deposit("ada")),
      engine.submit({ type: "explode" }),
      engine.submit(deposit("bob")),
    ]);
    expect(answers.map((answer) => (answer.status === "rejected" ? answer.reason : null))).toEqual([
      expect.any(EngineStoppedError),
      expect.any(EngineStoppedError),
      expect.any(EngineStoppedError),
    ]);
    expect(fatal).toEqual([expect.objectContaining({ message: "the core has a bug" })]);
    expect(performed).toEqual([]);
    expect(disk.groups).toEqual([]);
    expect(await engine.submit(deposit("ada"))).toMatchObject({ ok: false, code: "unavailable" });
    await engine.stop();
    expect([engine.stats().phase, disk.locked]).toEqual(["failed", false]);
  });

  it("of the journal rejects those who wait: their outcome is unknown", async () => {
    class BrokenJournal extends MemoryJournal {
      override append(): Promise<never> {
        return Promise.reject(new Error("input/output error"));
      }
    }
    const { engine, fatal, performed } = setup({ journal: new BrokenJournal() });
    await engine.start();
    await expect(engine.submit(deposit("ada"))).rejects.toThrow("its outcome is unknown");
    expect(fatal).toHaveLength(1);
    expect(performed).toEqual([]);
  });

  it("of an invariant is noticed before anything is journalled", async () => {
    const disk = new MemoryDisk();
    const { engine, fatal } = setup({ disk });
    await engine.start();
    await expect(engine.submit({ type: "corrupt" })).rejects.toThrow(EngineStoppedError);
    expect(fatal).toEqual([
      expect.objectContaining({ message: "invariants are broken: accounts hold 100, the total is 101" }),
    ]);
    expect(disk.groups).toEqual([]);
  });
});

describe("stopping", () => {
  it("finishes the turn, answers the rest, aborts effects and frees the journal", async () => {
    const disk = new MemoryDisk();
    let aborted = false;
    const { engine } = setup({
      disk,
      limits: { inputsPerTurn: 1 },
      perform: (_effect, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            resolve();
          });
        }),
    });
    await engine.start();
    await engine.submit(deposit("ada"));
    const answers = [engine.submit(deposit("bob")), engine.submit(deposit("bob"))];
    await engine.stop();
    expect((await Promise.all(answers)).map((answer) => (answer.ok ? "ok" : answer.code))).toContain("unavailable");
    expect(aborted).toBe(true);
    expect(disk.locked).toBe(false);
    expect(engine.stats().phase).toBe("stopped");
    await engine.stop();
  });
});

describe("snapshots", () => {
  it("are written after so many facts, and recovery starts from the newest", async () => {
    const disk = new MemoryDisk();
    const { engine } = setup({ disk, limits: { factsPerSnapshot: 10, inputsPerTurn: 1 } });
    await engine.start();
    for (let n = 0; n < 35; n += 1) await engine.submit(deposit("ada"));
    await engine.stop();
    expect(disk.snapshots.length).toBe(2);
    const again = setup({ disk });
    await again.engine.start();
    expect(again.engine.stats().factsReplayed).toBeLessThan(35);
    expect(again.engine.read((state) => [state.total, state.owed.size])).toEqual([135n, 35]);
    await again.engine.stop();
  });
});
