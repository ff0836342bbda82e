// Effects run concurrently within limits, report back, and have ids that are never used twice.
import { describe, expect, it, vi } from "vitest";
import { MemoryDisk } from "../../src/journal/memory-journal.ts";
import { deposit, START_MS, setup } from "./engine-setup.ts";

describe("effects", () => {
  it("run at most so many of a type at once, and another type is not held up", async () => {
    let running = 0;
    let most = 0;
    const rang = vi.fn();
    const gates: (() => void)[] = [];
    const { engine, clock } = setup({
      effectLimits: { announce: 3 },
      perform: async (effect) => {
        if (effect.type === "ring") return rang();
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((open) => gates.push(open));
        running -= 1;
      },
    });
    await engine.start();
    await engine.submit({ type: "deposit", account: "ada", amount: 1n, times: 10 });
    await engine.submit({ type: "alarm", at: START_MS + 5 });
    expect(engine.stats()).toMatchObject({ effectsRunning: 3, effectsWaiting: 7 });
    clock.advance(5);
    await vi.waitUntil(() => rang.mock.calls.length === 1, { interval: 1 });
    for (let done = 0; done < 10; done += 1) {
      await vi.waitUntil(() => gates.length > 0, { interval: 1 });
      gates.shift()?.();
    }
    await vi.waitUntil(() => engine.stats().effectsRunning === 0, { interval: 1 });
    expect(most).toBe(3);
    await engine.stop();
  });

  it("pause the turns while too many wait, until there is room", async () => {
    const gates: (() => void)[] = [];
    const { engine } = setup({
      effectLimits: { announce: 1 },
      limits: { effectsWaiting: 2 },
      perform: (_effect, { signal }) =>
        new Promise<void>((open) => {
          gates.push(open);
          signal.addEventListener("abort", () => open());
        }),
    });
    await engine.start();
    await engine.submit({ type: "deposit", account: "ada", amount: 1n, times: 4 });
    let answered = false;
    const held = engine.submit({ type: "look" }).then(() => {
      answered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    gates.shift()?.();
    await held;
    await engine.stop();
  });

  it("that fail are reported to the core", async () => {
    const { engine, fatal } = setup({
      perform: async () => {
        throw new Error("unreachable");
      },
      onEffectError: (effect) => (effect.type === "announce" ? { type: "announced", transfer: effect.transfer } : null),
    });
    await engine.start();
    await engine.submit(deposit("ada"));
    await vi.waitUntil(() => engine.read((state) => state.owed.size) === 0, { interval: 1 });
    expect(fatal).toEqual([]);
    await engine.stop();
  });

  it("have ids that are never used twice, not even by turns without facts or by a second life", async () => {
    const disk = new MemoryDisk();
    const first = setup({ disk });
    await first.engine.start();
    await first.engine.submit({ type: "deposit", account: "ada", amount: 1n, times: 2 });
    await first.engine.submit(deposit("ada"));
    await first.engine.stop();
    const second = setup({ disk });
    await second.engine.start();
    expect(first.performed.map(({ id }) => id)).toEqual(["1.1.0", "1.2.0", "1.3.0"]);
    expect(second.performed.map(({ id }) => id)).toEqual(["2.3.0", "2.3.1", "2.3.2"]);
    await second.engine.stop();
  });
});
