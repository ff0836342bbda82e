// Real work overrides claims: a machine that is slow or lacks memory shows it by its work, gets no task that it would not finish, and a liar can't make another look so.
import { calibrations, type RuntimeClass } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { explainJob, nodeView } from "../../src/core/index.ts";
import { evenPace, middlePace, type SharedAnswer, withShared } from "../../src/core/ledger/observed.ts";
import { type CoordinatorPolicy, defaultPolicy } from "../../src/core/policy.ts";
import { isTooSlow } from "../../src/core/scheduling/observed.ts";
import { address, config, hash, type JobOptions, startMs, step, submission } from "./world/fixtures.ts";
import type { TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

const SECOND = 1_000;

/** A world of workers, each of which takes so long for any task. */
class Timed {
  readonly world: World;
  readonly #durations = new Map<TestWorker, number>();
  readonly #since = new Map<TestWorker, number>();

  constructor(policy: Partial<CoordinatorPolicy> = {}) {
    this.world = new World(config({ policy: { beatsMissedMax: 100, ...policy } }));
    // Once for so many turns is enough.
    this.world.strict = false;
  }

  join(name: string, seconds: number, runtimeClass: RuntimeClass = "wasm"): TestWorker {
    const classes = [
      { name: runtimeClass, engine: "test", calibration: calibrations[runtimeClass][0]?.digest ?? hash("alike") },
    ];
    const worker = this.world.join(name, "honest", { slots: 1, classes });
    const wallMs = seconds * SECOND;
    worker.usage = { wallMs, cpuMs: wallMs, peakMemoryBytes: 1_000, bytesIn: 100, bytesOut: 10 };
    this.#durations.set(worker, wallMs);
    return worker;
  }

  /** Everybody works, each at its own pace. */
  play(seconds: number): void {
    const { world } = this;
    for (let i = 0; i < seconds; i += 1) {
      world.mine();
      world.advance(10_000);
      for (const [worker, durationMs] of this.#durations) this.#look(worker, durationMs);
      world.advance(10_000);
      world.tick(SECOND);
    }
    world.strict = true;
    world.check("play");
    world.strict = false;
  }

  #look(worker: TestWorker, durationMs: number): void {
    const { now } = this.world;
    const isBusy = [...worker.held.values()].some(({ digest }) => digest === null);
    if (!isBusy) this.#since.delete(worker);
    else if (!this.#since.has(worker)) this.#since.set(worker, now);
    else if (now - (this.#since.get(worker) ?? now) >= durationMs) {
      this.#since.delete(worker);
      this.world.work(worker);
    }
  }

  submit(options: JobOptions): ReturnType<typeof submission> {
    const job = submission({ budget: 1_000_000n, ...options });
    expect(this.world.submit(job).ok).toBe(true);
    return job;
  }

  observed(worker: TestWorker) {
    return nodeView(this.world.state, worker.address)?.observed ?? null;
  }

  offersOf(jobId: string) {
    return this.world.factsOf("leaseOffered").filter(({ taskId }) => taskId.startsWith(jobId));
  }

  leasesOf({ address: worker }: TestWorker, jobId: string): number {
    return this.offersOf(jobId).filter((offer) => offer.worker === worker).length;
  }
}

const patient = { limits: { ...step().limits, timeoutMs: 600_000 } };

describe("a worker's pace", () => {
  test("is that of its work beside others', and a slow one gets no task that would end after the deadline", () => {
    const timed = new Timed();
    const fast = ["a", "b", "c", "d", "e"].map((name) => timed.join(name, 4));
    const slow = timed.join("slow", 20);
    timed.submit({ key: "first", tasks: 60, step: patient });
    timed.play(400);
    expect(timed.observed(slow)).toMatchObject({ paceSixteenths: 4 * evenPace, kills: 0 });
    for (const worker of fast) expect(timed.observed(worker)?.paceSixteenths).toBe(evenPace);
    const deadlineAt = timed.world.now + 120 * SECOND;
    const soon = timed.submit({ key: "soon", tasks: 400, step: patient, deadlineAt });
    timed.play(125);
    const offers = timed.offersOf(soon.jobId);
    const lastOf = (some: readonly TestWorker[]): number =>
      Math.max(...offers.flatMap(({ worker, at }) => (some.some(({ address: one }) => one === worker) ? [at] : [])));
    // Four times of what is usual is sixteen seconds.
    expect(lastOf([slow])).toBeGreaterThan(0);
    expect(lastOf([slow])).toBeLessThanOrEqual(deadlineAt - 16 * SECOND);
    expect(lastOf(fast)).toBeGreaterThan(deadlineAt - 10 * SECOND);
    const late = timed.submit({ key: "late", tasks: 40, step: patient });
    timed.play(60);
    expect(timed.leasesOf(slow, late.jobId)).toBeGreaterThan(0);
  });

  test("says why a task that only it could take waits", () => {
    const timed = new Timed();
    const fast = ["a", "b", "c", "d", "e"].map((name) => timed.join(name, 4));
    const slow = timed.join("slow", 40);
    timed.submit({ key: "first", tasks: 160, step: patient });
    timed.play(450);
    expect(timed.observed(slow)?.paceSixteenths).toBe(8 * evenPace);
    const job = timed.submit({ key: "soon", tasks: 40, step: patient, deadlineAt: timed.world.now + 70_000 });
    timed.play(45);
    for (const worker of fast) timed.world.feed(worker.disconnect());
    timed.play(20);
    const waits = explainJob(timed.world.state, job.jobId)?.waits ?? [];
    const codes = waits.flatMap(({ predicates }) => predicates.map(({ code }) => code));
    expect(codes).toContain("tooSlow");
    expect(waits.find(({ code }) => code === "notPlaced")?.message).toContain("took so much longer than others");
  });

  test("of short tasks is not known, and jitter costs nobody his class", () => {
    const timed = new Timed({ paceMsMin: 3 * SECOND });
    const workers = [0, 0, 0, 0].map((seconds, i) => timed.join(`w${i}`, seconds));
    timed.submit({ key: "short", tasks: 60, step: patient });
    timed.play(120);
    for (const worker of workers) expect(timed.observed(worker)?.answers ?? 0).toBe(0);
    const jittery = new Timed();
    const some = [4, 5, 6, 7, 5, 6].map((seconds, i) => jittery.join(`w${i}`, seconds));
    jittery.submit({ key: "long", tasks: 100, step: patient });
    jittery.play(300);
    for (const worker of some) {
      expect(jittery.observed(worker)?.answers).toBeGreaterThan(5);
      expect(jittery.observed(worker)?.paceSixteenths).toBe(evenPace);
    }
  });

  test("ends to count when nothing new shows it", () => {
    const timed = new Timed({ observedMs: 1_000 * SECOND });
    for (const name of ["a", "b", "c", "d", "e"]) timed.join(name, 4);
    const slow = timed.join("slow", 20);
    const { jobId } = timed.submit({ key: "first", tasks: 60, step: patient });
    timed.play(400);
    const { world } = timed;
    const isSlowAt = (now: number): boolean => {
      world.state.presence.turnAt = now;
      const worker = world.state.ledger.workers.get(slow.address);
      const job = world.state.ledger.jobs.get(jobId);
      if (worker === undefined || job === undefined) throw new Error("missing");
      return isTooSlow(world.state, worker, { job, step: "map", now: job.deadlineAt });
    };
    expect(isSlowAt(world.now)).toBe(true);
    expect(isSlowAt(world.now + 1_001 * SECOND)).toBe(false);
  });

  test("counts against a time limit only as far as the runs themselves are slow", () => {
    const timed = new Timed();
    for (const name of ["a", "b", "c", "d", "e"]) timed.join(name, 4);
    const slow = timed.join("slow", 20);
    const { jobId } = timed.submit({ key: "first", tasks: 60, step: patient });
    timed.play(400);
    const { state, now } = timed.world;
    const [worker, job] = [state.ledger.workers.get(slow.address), state.ledger.jobs.get(jobId)];
    if (worker?.observed === undefined || job === undefined) throw new Error("missing");
    const { submission: of } = job;
    const map = { ...of.spec.map, limits: { ...of.spec.map.limits, timeoutMs: 10 * SECOND } };
    const short = { ...job, submission: { ...of, spec: { ...of.spec, map } } };
    expect(isTooSlow(state, worker, { job, step: "map", now })).toBe(false);
    expect(isTooSlow(state, worker, { job: short, step: "map", now })).toBe(true);
    const shared = worker.observed.shared.map((one) => ({ ...one, run: evenPace }));
    const queueing = { ...worker, observed: { ...worker.observed, shared } };
    expect(isTooSlow(state, queueing, { job: short, step: "map", now })).toBe(false);
  });

  test("says nothing of a step whose hosts may answer one worker late", () => {
    const timed = new Timed();
    for (const name of ["a", "b", "c", "d", "e"]) timed.join(name, 4);
    const late = timed.join("late", 40);
    const needs = { ...step().needs, hosts: ["api.example.org:443"] };
    const job = timed.submit({ key: "first", tasks: 160, step: { ...patient, needs } });
    timed.play(450);
    expect(timed.leasesOf(late, job.jobId)).toBeGreaterThan(5);
    expect(timed.observed(late)?.answers ?? 0).toBe(0);
  });

  test("counts a machine's runs alone where images or roots have to come first", () => {
    const timed = new Timed();
    for (const name of ["a", "b", "c", "d", "e"]) timed.join(name, 4, "cpu-root");
    const late = timed.join("late", 40, "cpu-root");
    // Its line is slow, and its runs are not.
    late.usage = { wallMs: 4 * SECOND, cpuMs: 4 * SECOND, peakMemoryBytes: 1_000, bytesIn: 100, bytesOut: 10 };
    const root = { name: "root.tar", cid: `cid:${hash("root").slice(2)}`, size: 1_000 };
    timed.submit({ key: "first", tasks: 160, step: { ...patient, runtimeClass: "cpu-root", root } });
    timed.play(450);
    expect(timed.observed(late)?.paceSixteenths).toBe(evenPace);
  });

  test("is not moved by one operator that answers in no time, however often", () => {
    const enough = { answers: defaultPolicy.paceAnswersMin, operators: defaultPolicy.paceOperatorsMin };
    const answer = (operator: string, pace: number): SharedAnswer => ({
      operator: address(operator),
      pace,
      run: pace,
      cpu: 0,
    });
    const few = [answer("a", evenPace), answer("b", evenPace), ...Array.from({ length: 4 }, () => answer("liar", 900))];
    expect(middlePace(few, enough)).toBe(evenPace);
    let observed = withShared(undefined, answer("a", evenPace), { at: startMs, enough });
    for (const name of ["b", "c", "a", "b", "c"])
      observed = withShared(observed, answer(name, evenPace), { at: startMs, enough });
    for (let i = 0; i < 100; i += 1)
      observed = withShared(observed, answer("liar", 900 * evenPace), { at: startMs, enough });
    expect(observed.pace).toBe(evenPace);
    expect(observed.shared.length).toBeLessThanOrEqual(24);
    expect(
      middlePace(
        observed.shared.filter((one) => one.operator === address("liar")),
        enough,
      ),
    ).toBeNull();
  });
});

describe("memory that a worker claims and does not have", () => {
  const GIB = 2 ** 30;
  const hungry = { ...patient, needs: { ...step().needs, memoryBytes: 8 * GIB } };

  function worldWith(peakMemoryBytes: number): { timed: Timed; small: TestWorker } {
    const timed = new Timed();
    for (const name of ["a", "b", "c"]) timed.join(name, 4);
    const small = timed.join("small", 1);
    small.behaviour = "failing";
    small.failure = { usage: { wallMs: 900, cpuMs: 900, peakMemoryBytes }, ending: { outOfMemory: true } };
    timed.submit({ key: "hungry", tasks: 12, step: hungry });
    timed.play(120);
    return { timed, small };
  }

  test("shows when tasks are killed there that others finish: it gets no more that need as much, and says why", () => {
    const { timed, small } = worldWith(3 * GIB);
    expect(timed.observed(small)).toMatchObject({ memoryBelow: 8 * GIB });
    const again = timed.submit({ key: "again", tasks: 8, step: hungry });
    timed.play(5);
    const waits = explainJob(timed.world.state, again.jobId)?.waits ?? [];
    expect(waits.flatMap(({ predicates }) => predicates.map(({ code }) => code))).toContain("memoryMissing");
    timed.play(60);
    expect(timed.leasesOf(small, again.jobId)).toBe(0);
    small.behaviour = "honest";
    const modest = timed.submit({ key: "modest", tasks: 20, step: patient });
    timed.play(60);
    expect(timed.leasesOf(small, modest.jobId)).toBeGreaterThan(0);
  });

  test("is not shown by a program that takes more than its job asks for", () => {
    const { timed, small } = worldWith(8 * GIB);
    expect(timed.observed(small)?.kills ?? 0).toBe(0);
  });
});
