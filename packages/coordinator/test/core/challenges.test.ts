// Challenges: all idle workers of one operator at the same moment; right answers in time pass, others do not, and one box that poses as many is late.
import { type Challenge, challengeAnswer, laneProduct } from "@starling/protocol/challenge";
import { describe, expect, test } from "vitest";
import type { CoordinatorEffect } from "../../src/core/index.ts";
import { nodeView } from "../../src/core/index.ts";
import { address, config, submission } from "./world/fixtures.ts";
import type { TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

const policy = {
  challengeEveryMs: 1_000,
  challengeAgainMs: 1_000,
  challengeSize: 4,
  challengeFactors: 2,
  challengeBaseMs: 500,
  challengeMsMax: 5_000,
  challengeLanesMax: 1,
  beatsMissedMax: 1_000,
};

interface Asked {
  readonly worker: string;
  readonly challenge: Challenge;
  readonly answerMs: number;
}

/** A world in which each operator of the list has so many workers, and what was asked of them. */
function worldOf(operators: Readonly<Record<string, number>>, own: Partial<typeof policy> = {}) {
  const world = new World(config({ policy: { ...policy, ...own } }));
  const workers: TestWorker[] = [];
  for (const [operator, count] of Object.entries(operators))
    for (let i = 0; i < count; i += 1)
      workers.push(world.join(`${operator}${i}`, "honest", { operator: address(operator) }));
  const asked = (): readonly Asked[] => {
    for (let beats = 0; beats < 50; beats += 1) {
      world.now += 1_000;
      const before = world.effects.length;
      for (const worker of workers) if (worker.connected) world.feed(worker.beat());
      const found = world.effects.slice(before).filter((one) => one.type === "sendChallenge");
      if (found.length > 0) return found as Extract<CoordinatorEffect, { type: "sendChallenge" }>[];
    }
    return [];
  };
  const answer = (worker: TestWorker, { challenge }: Asked, product: Uint8Array | null = rightAnswer(challenge)) => {
    const { address: of, session } = worker;
    const message = { type: "challengeAnswer", seed: challenge.seed, product } as const;
    const outcome = world.feed({ type: "challengeAnswered", worker: of, session, message });
    if (product !== null && outcome.ok) expect(viewOf(worker)?.outcome).toBe("checking");
    world.drain();
    return outcome;
  };
  const viewOf = (worker: TestWorker) => nodeView(world.state, worker.address)?.challenge;
  return { world, workers, asked, answer, viewOf };
}

function rightAnswer(challenge: Challenge): Uint8Array {
  return challengeAnswer(Array.from({ length: challenge.lanes }, (_, lane) => laneProduct(challenge, lane)));
}

describe("a challenge", () => {
  test("goes to all workers of one operator at once, with another seed for each", () => {
    const { asked, workers } = worldOf({ one: 3, two: 2 });
    expect(workers).toHaveLength(5);
    const found = asked();
    const names = new Set(found.map(({ worker }) => workers.find((one) => one.address === worker)?.record.operator));
    expect(names.size).toBe(1);
    expect([2, 3]).toContain(found.length);
    expect(new Set(found.map(({ challenge }) => challenge.seed)).size).toBe(found.length);
  });

  test("passes with the right product in time, once", () => {
    const { world, asked, answer, viewOf, workers } = worldOf({ one: 1 });
    const [question] = asked();
    const [worker] = workers;
    if (question === undefined || worker === undefined) throw new Error("nobody was asked");
    expect(viewOf(worker)).toMatchObject({ outcome: "asked", together: 1, inTime: 0 });
    world.now += 300;
    expect(answer(worker, question).ok).toBe(true);
    expect(viewOf(worker)).toMatchObject({ outcome: "right", tookMs: 300, inTime: 1 });
    expect(answer(worker, question, new Uint8Array(48))).toMatchObject({ code: "unknownChallenge" });
    expect(viewOf(worker)).toMatchObject({ outcome: "right" });
  });

  test("fails with a wrong product, with one for another challenge, and without any", () => {
    const { world, asked, answer, viewOf, workers } = worldOf({ one: 3 });
    const questions = asked();
    const [wrong, other, silent] = workers;
    if (wrong === undefined || other === undefined || silent === undefined) throw new Error("too few workers");
    const of = (worker: TestWorker): Asked => {
      const found = questions.find((one) => one.worker === worker.address);
      if (found === undefined) throw new Error("not asked");
      return found;
    };
    const product = rightAnswer(of(wrong).challenge);
    product[0] = (product[0] ?? 0) ^ 1;
    answer(wrong, of(wrong), product);
    expect(viewOf(wrong)).toMatchObject({ outcome: "wrong" });
    answer(other, of(other), rightAnswer(of(wrong).challenge));
    expect(viewOf(other)).toMatchObject({ outcome: "wrong" });
    world.now = world.now + 5_001;
    world.feed(silent.beat());
    expect(viewOf(silent)?.outcome).not.toBe("right");
  });

  test("that is declined is held against nobody, unless the time was up", () => {
    const { world, asked, answer, viewOf, workers } = worldOf({ one: 3 });
    const questions = asked();
    const of = (worker: TestWorker | undefined): [TestWorker, Asked] => {
      const found = questions.find((one) => one.worker === worker?.address);
      if (worker === undefined || found === undefined) throw new Error("not asked");
      return [worker, found];
    };
    const [needed, right, late] = workers.map(of);
    if (needed === undefined || right === undefined || late === undefined) throw new Error("too few workers");
    answer(...needed, null);
    answer(...right);
    expect(viewOf(needed[0])).toMatchObject({ outcome: "declined", together: 3, inTime: 1, declined: 1 });
    expect(answer(...needed)).toMatchObject({ code: "unknownChallenge" });
    world.now += 5_001;
    answer(...late, null);
    expect(viewOf(late[0])).toMatchObject({ outcome: "late", declined: 1 });
  });

  describe("of all workers at once shows one box that poses as many, and does not mistake many boxes for one", () => {
    const ALONE_MS = 500;

    /**
     * The best round of so many names on so many boxes. Each name says what one box does at the low end of its bucket; `busy` says how many
     * times longer a box takes in a round.
     */
    function bestOf(names: number, boxes: number, busy: (box: number, round: number) => number = () => 1) {
      const { world, workers, asked, answer, viewOf } = worldOf(
        { one: names },
        // By its figure of a million a second a product takes half a second.
        { challengeSize: 10, challengeFactors: 500, challengeBaseMs: 250, challengeMsMax: 60_000 },
      );
      for (const { address: worker, session } of workers) {
        const message = { type: "measured", measured: { matrix: 1 } } as const;
        world.feed({ type: "machineMeasured", worker, session, message });
      }
      for (let round = 0; round < 3; round += 1) {
        const questions = asked();
        expect(questions).toHaveLength(names);
        const startedAt = world.now;
        const ready = questions.map((question, i) => ({
          question,
          at: startedAt + ALONE_MS * (Math.floor(i / boxes) + 1) * busy(i % boxes, round),
        }));
        for (const { question, at } of ready.toSorted((a, b) => a.at - b.at)) {
          world.now = at;
          const worker = workers.find((one) => one.address === question.worker);
          if (worker !== undefined) answer(worker, question);
        }
      }
      const [first] = workers;
      return first === undefined ? null : viewOf(first);
    }

    test.each([2, 3, 4, 10])("%i names on one box", (names) => {
      expect(bestOf(names, 1)).toMatchObject({ rounds: 3, prompt: 2, promptOf: names });
    });

    test("ten boxes, also where each has other work in two rounds of three", () => {
      expect(bestOf(10, 10)).toMatchObject({ rounds: 3, prompt: 10, promptOf: 10 });
      expect(bestOf(10, 10, (_box, round) => (round === 1 ? 1 : 3))).toMatchObject({ prompt: 10, inTime: 10 });
      // Always one of the ten is busy, and none of them twice.
      expect(bestOf(10, 10, (box, round) => (box === round ? 5 : 1))).toMatchObject({ prompt: 9, promptOf: 10 });
    });
  });

  test("is never posed where its owner wants none, nor to a worker that works", () => {
    expect(worldOf({ one: 2 }, { challengeEveryMs: 0 }).asked()).toEqual([]);
    const held = worldOf({ one: 2 });
    for (const { address: of } of held.workers) {
      const session = held.world.state.presence.sessions.get(of);
      if (session !== undefined) session.hold = { reason: "paused" };
    }
    expect(held.asked()).toEqual([]);
    const busy = worldOf({ one: 1 });
    for (const worker of busy.workers) worker.behaviour = "silent";
    busy.world.submit(submission({ tasks: 1 }));
    for (let i = 0; i < 4; i += 1) busy.world.block();
    const working = busy.workers.filter((worker) => worker.held.size > 0);
    expect(working.length > 0 ? busy.asked() : []).toEqual([]);
  });
});
