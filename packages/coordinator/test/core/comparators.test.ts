// Jobs whose numbers are compared within bounds: what is accepted, who is blamed, and that a ruling waits for what is being measured.
import {
  type ArtifactRef,
  type CustomTrust,
  contentIdOfBytes,
  type LeaseItem,
  type NumericComparator,
  trustTerms,
} from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { explainJob, jobView, receiptMaterial } from "../../src/core/index.ts";
import { address, submission } from "./world/fixtures.ts";
import type { TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

const close: NumericComparator = { kind: "numeric", format: "f64", abs: 0, rel: 1e-3, l2: 0 };
const numbers: CustomTrust = { ...trustTerms("quorum"), auditPpm: 1_000, compare: { out: close } };

/** Its engine is off by a factor: what it writes is the right number times that. */
function offBy(world: World, worker: TestWorker, factor: number): TestWorker {
  worker.outputs = ({ index }: LeaseItem): readonly ArtifactRef[] => [store(world, f64((index + 1) * factor))];
  return worker;
}

function store(world: World, bytes: Uint8Array): ArtifactRef {
  const cid = contentIdOfBytes(bytes);
  world.bytes.set(cid, bytes);
  return { name: "out", cid, size: bytes.length };
}

function f64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

function worldOf(factors: Readonly<Record<string, number>>): World {
  const world = new World();
  for (const [name, factor] of Object.entries(factors)) offBy(world, world.join(name), factor);
  return world;
}

const job = submission({ tasks: 2, trust: numbers });

describe("answers within the bounds", () => {
  test("are equal, both are paid, and the receipt says how far apart they are", () => {
    const world = worldOf({ a: 1, b: 1.0005 });
    world.submit(job);
    world.settle(20);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed", owed: 400n });
    const material = receiptMaterial(world.state, job.jobId);
    for (const { answers, digest } of material?.tasks ?? []) {
      expect(answers).toHaveLength(2);
      for (const answer of answers) {
        if (answer.digest === digest) expect(answer.distances).toEqual([]);
        else expect(answer.distances).toMatchObject([{ output: "out", maxRel: expect.closeTo(0.0005, 5) }]);
      }
    }
    // Each pair of answers was measured once.
    expect(world.factsOf("outputsCompared")).toHaveLength(2);
    expect(world.effects.filter(({ type }) => type === "compareOutputs")).toHaveLength(2);
  });

  test("that are the same bytes are not read at all", () => {
    const world = worldOf({ a: 1, b: 1 });
    world.submit(job);
    world.settle(20);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    expect(world.effects.filter(({ type }) => type === "compareOutputs")).toEqual([]);
  });
});

describe("answers beyond the bounds", () => {
  test("are a mismatch: the one that two operators contradict is out", () => {
    const world = worldOf({ a: 1, wrong: 1.01, c: 1.0002, d: 0.9999, e: 1.0001 });
    world.submit(job);
    world.settle(40);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    const banned = [...(world.state.ledger.jobs.get(job.jobId)?.banned.keys() ?? [])];
    expect(banned).toEqual([address("operator-wrong")]);
  });

  test("stay a mismatch of bytes where the output is compared exactly", () => {
    const world = worldOf({ a: 1, b: 1.0005 });
    const exact = submission({ tasks: 1, trust: { ...numbers, compare: {} } });
    world.submit(exact);
    world.settle(5);
    expect(world.factsOf("mismatchFound")).toHaveLength(1);
    expect(world.factsOf("outputsCompared")).toEqual([]);
  });

  test("are what an answer counts as whose bytes were lost in journals of before that was told apart", () => {
    const world = worldOf({ a: 1, b: 1.0005 });
    world.submit(submission({ tasks: 1, trust: numbers }));
    world.bytes.get = () => undefined;
    world.settle(5);
    expect(world.factsOf("outputsCompared")).toMatchObject([{ outputs: [{ equal: false, distances: null }] }]);
    expect(world.factsOf("mismatchFound")).toHaveLength(1);
  });
});

test("an answer that the coordinator cannot read any more is never blamed: others decide, and its operator stays in the job", () => {
  const world = worldOf({ a: 1, b: 1.0005, c: 1, d: 1, e: 1 });
  const one = submission({ tasks: 8, trust: numbers });
  for (let index = 0; index < 8; index += 1) world.unreadable.add(store(world, f64((index + 1) * 1.0005)).cid);
  world.submit(one);
  world.settle(40);
  expect(world.factsOf("outputsCompared").some(({ outputs }) => outputs[0]?.unreadable === true)).toBe(true);
  expect(world.factsOf("taskAccepted").some(({ by, losers }) => by === "freshReplicas" && losers.length > 0)).toBe(
    true,
  );
  expect(world.factsOf("taskAccepted").every(({ caught }) => caught?.length === 0)).toBe(true);
  expect(jobView(world.state, one.jobId)).toMatchObject({ state: "completed", banned: [] });
  expect(world.factsOf("fineDue")).toEqual([]);
});

describe("a ruling", () => {
  test("waits for what is being measured, and asks once", () => {
    const world = worldOf({ a: 1, b: 1.0005 });
    world.compares = false;
    world.submit(submission({ tasks: 1, trust: numbers }));
    world.settle(10);
    expect(world.factsOf("taskAccepted")).toEqual([]);
    expect(world.factsOf("mismatchFound")).toEqual([]);
    expect(world.effects.filter(({ type }) => type === "compareOutputs")).toHaveLength(1);
    expect(explainJob(world.state, job.jobId)?.waits).toMatchObject([
      { code: "comparing", owner: "coordinator", message: expect.stringContaining("1 pair of them is being measured") },
    ]);
  });

  test.each(["facts", "snapshot"] as const)("has the answers measured again after a restart from its %s", (from) => {
    const world = worldOf({ a: 1, b: 1.0005 });
    world.compares = false;
    const one = submission({ tasks: 1, trust: numbers });
    world.submit(one);
    world.settle(10);
    world.restart(from);
    world.compares = true;
    world.reconnect();
    world.settle(20);
    expect(jobView(world.state, one.jobId)?.state).toBe("completed");
    expect(world.factsOf("outputsCompared")).toHaveLength(1);
  });

  test("is not disturbed by a comparison that comes twice, or after the job is forgotten", () => {
    const world = worldOf({ a: 1, b: 1.0005 });
    const one = submission({ tasks: 1, trust: numbers });
    world.submit(one);
    world.settle(20);
    const [fact] = world.factsOf("outputsCompared");
    if (fact === undefined) throw new Error("nothing was measured");
    const { taskId, reference, answer, outputs } = fact;
    expect(world.feed({ type: "outputsCompared", taskId, reference, answer, outputs }).ok).toBe(true);
    expect(world.feed({ type: "outputsCompared", taskId: "gone", reference, answer, outputs }).ok).toBe(true);
    expect(world.factsOf("outputsCompared")).toHaveLength(1);
  });
});
