// A process may die between any two steps: what was acknowledged is there afterwards, and what is owed to the world is done.
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Engine } from "../../src/engine/engine.ts";
import { failpointsFromEnvironment } from "../../src/failpoints.ts";
import { decodeValue } from "../../src/journal/encoding.ts";
import { MemoryDisk, MemoryJournal } from "../../src/journal/memory-journal.ts";
import { ManualClock } from "../manual-clock.ts";
import { type ToyConfig, type ToyEffect, type ToyFact, type ToyInput, type ToyState, toy } from "./toy.ts";

const CONFIG: ToyConfig = { opening: 100n };

/** One life of a process: what it is given, and where it dies. */
interface Life {
  readonly deposits: readonly { readonly account: string; readonly amount: bigint; readonly times: number }[];
  readonly crash: { readonly name: string; readonly hit: number };
}

/** What stays when a process dies: its disk, and what others have seen of it. */
interface World {
  readonly disk: MemoryDisk;
  readonly acknowledged: number[];
  readonly performed: { readonly id: string; readonly transfer: number; readonly durable: boolean }[];
}

const life: fc.Arbitrary<Life> = fc.record({
  deposits: fc.array(
    fc.record({
      account: fc.constantFrom("ada", "bob", "eve"),
      amount: fc.bigInt({ min: 1n, max: 10n ** 20n }),
      times: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 12 },
  ),
  crash: fc.record({
    name: fc.constantFrom(
      "engine.beforeDecide",
      "engine.beforeAppend",
      "engine.afterAppend",
      "engine.afterAnswer",
      "engine.beforeSnapshot",
      "engine.afterSnapshot",
      "engine.afterRecovery",
      "effect.announce.before",
      "effect.announce.after",
    ),
    hit: fc.integer({ min: 1, max: 6 }),
  }),
});

// The highest number of a transfer whose fact is on the disk.
function durableTransfers(disk: MemoryDisk): number {
  let highest = 0;
  for (const snapshot of disk.snapshots)
    highest = Math.max(highest, (decodeValue(snapshot.text) as ToyState).transfers);
  for (const group of disk.groups) {
    for (const fact of decodeValue(group.text) as ToyFact[]) {
      if (fact.type === "deposited") highest = Math.max(highest, fact.transfer);
    }
  }
  return highest;
}

function engineOf(world: World, crash: Life["crash"] | null) {
  let dead = false;
  // After its death a process changes nothing any more: not the disk, not the world, not the callers' knowledge.
  class MortalJournal extends MemoryJournal {
    override append(facts: readonly string[], at: number) {
      if (dead) return Promise.reject(new Error("dead"));
      return super.append(facts, at);
    }
    override saveSnapshot(snapshot: { seq: number; at: number; state: unknown }) {
      if (dead) return Promise.reject(new Error("dead"));
      return super.saveSnapshot(snapshot);
    }
  }
  const environment =
    crash === null ? {} : { STARLING_TEST_MODE: "1", STARLING_FAILPOINTS: `${crash.name}=kill@${crash.hit}` };
  const failpoints = failpointsFromEnvironment(environment, () => {
    dead = true;
    throw new Error("killed");
  });
  const engine = new Engine<ToyConfig, ToyState, ToyInput, ToyFact, ToyEffect>(
    {
      journal: new MortalJournal(world.disk),
      clock: new ManualClock(1_000),
      failpoints,
      performer: {
        perform: async (effect, { id, feedback }) => {
          if (dead || effect.type !== "announce") return;
          const durable = durableTransfers(world.disk) >= effect.transfer;
          world.performed.push({ id, transfer: effect.transfer, durable });
          feedback({ type: "announced", transfer: effect.transfer });
        },
      },
    },
    {
      decider: toy,
      config: CONFIG,
      tickInput: () => ({ type: "tick" }),
      onFatal: () => {
        dead = true;
      },
      checkInvariants: "always",
      limits: { inputsPerTurn: 4, factsPerSnapshot: 9 },
      effectLimits: { announce: 2 },
    },
  );
  return { engine, isDead: () => dead };
}

async function live(world: World, { deposits, crash }: Life): Promise<void> {
  const { engine, isDead } = engineOf(world, crash);
  try {
    await engine.start();
    for (const deposit of deposits) {
      const answer = await engine.submit({ type: "deposit", ...deposit });
      if (!isDead() && answer.ok) world.acknowledged.push(answer.value as number);
    }
  } catch {
    // Killed. Callers know nothing of what was in progress.
  }
  if (isDead()) world.disk.crash();
  else await engine.stop();
}

// The state by nothing but the newest snapshot and the facts, without the engine.
function folded(disk: MemoryDisk): ToyState {
  const snapshot = disk.snapshots.at(-1);
  const state = snapshot === undefined ? toy.initial(CONFIG) : toy.restore(CONFIG, decodeValue(snapshot.text));
  for (const group of disk.groups) {
    if (group.firstSeq <= (snapshot?.seq ?? 0)) continue;
    for (const fact of decodeValue(group.text) as ToyFact[]) toy.evolve(state, fact);
  }
  return state;
}

describe("a process that dies anywhere", () => {
  it("comes back with all that it acknowledged, and does what it owes exactly under new ids", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), async (lives) => {
        const world: World = { disk: new MemoryDisk(), acknowledged: [], performed: [] };
        for (const one of lives) await live(world, one);
        const expected = folded(world.disk);
        const { engine } = engineOf(world, null);
        await engine.start();
        expect(engine.read((state) => isDeepStrictEqual(state.accounts, expected.accounts))).toBe(true);
        expect(engine.read((state) => state.transfers)).toBe(expected.transfers);
        expect(Math.max(0, ...world.acknowledged)).toBeLessThanOrEqual(expected.transfers);
        await vi.waitUntil(() => engine.read((state) => state.owed.size) === 0, { interval: 1 });
        await engine.stop();
        expect(world.performed.every(({ durable }) => durable)).toBe(true);
        expect(new Set(world.performed.map(({ id }) => id)).size).toBe(world.performed.length);
        const announced = new Set(world.performed.map(({ transfer }) => transfer));
        expect(announced.size).toBe(expected.transfers);
      }),
      { numRuns: 150 },
    );
  });
});
