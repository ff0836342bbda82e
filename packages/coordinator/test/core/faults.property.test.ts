// Random lives of a coordinator: workers come, lie, vanish and return, frames are lost or doubled, the process dies. Nothing breaks.

import type { Address, Trust } from "@starling/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CoordinatorInput, coordinatorDecider, jobView } from "../../src/core/index.ts";
import { close, config, payer, submission } from "./world/fixtures.ts";
import type { Behaviour, TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

type Action =
  | { readonly kind: "join"; readonly behaviour: Behaviour }
  | { readonly kind: "drop" | "return" | "vanish"; readonly who: number }
  | { readonly kind: "turn"; readonly who: number; readonly behaviour: Behaviour }
  | { readonly kind: "submit"; readonly tasks: number; readonly reduce: boolean; readonly trust: Trust }
  | { readonly kind: "cancel"; readonly which: number }
  | { readonly kind: "pass" | "tick"; readonly ms: number }
  | { readonly kind: "block" | "mine" | "drain" }
  | { readonly kind: "advance"; readonly count: number; readonly skip: number }
  | { readonly kind: "work" | "beat"; readonly who: number }
  | { readonly kind: "restart"; readonly from: "facts" | "snapshot"; readonly isMet: boolean }
  | { readonly kind: "deaf"; readonly turns: number }
  | { readonly kind: "replay"; readonly back: number };

const behaviour: fc.Arbitrary<Behaviour> = fc.constantFrom(
  "honest",
  "honest",
  "liar",
  "otherLiar",
  "drifter",
  "silent",
  "failing",
  "badReveal",
  "noReveal",
  "decline",
  "broken",
);
const who = fc.nat({ max: 9 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("join" as const), behaviour }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("drop" as const, "return" as const, "vanish" as const), who }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("turn" as const), who, behaviour }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("submit" as const),
      tasks: fc.integer({ min: 1, max: 6 }),
      reduce: fc.boolean(),
      trust: fc.constantFrom<Trust>("spot", "quorum", "strong", close),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat({ max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 20_000 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("tick" as const), ms: fc.integer({ min: 1, max: 8_000 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("block" as const, "mine" as const, "mine" as const, "drain" as const),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      count: fc.integer({ min: 1, max: 12 }),
      skip: fc.constantFrom(0, 0, 0, 1, 3),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constantFrom("work" as const, "work" as const, "beat" as const), who }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("restart" as const),
      from: fc.constantFrom("facts" as const, "snapshot" as const),
      isMet: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("deaf" as const), turns: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("replay" as const), back: fc.integer({ min: 1, max: 200 }) }) },
);

class Life {
  readonly world = new World(config());
  readonly heard: CoordinatorInput[] = [];
  readonly jobs: ReturnType<typeof submission>[] = [];
  #deaf = 0;

  constructor() {
    const { world } = this;
    const feed = world.feed.bind(world);
    world.feed = (input) => {
      // Old frames of workers may come again at any time; everything else comes once.
      if ("worker" in input) this.heard.push(input);
      return feed(input);
    };
    for (let i = 0; i < 4; i += 1) world.join(`first-${i}`, i === 3 ? "liar" : "honest");
    world.join("referee", "honest", { operator: payer });
    this.do({ kind: "submit", tasks: 6, reduce: true, trust: "quorum" });
    for (let i = 0; i < 2; i += 1) world.block();
  }

  #worker(index: number): TestWorker | undefined {
    return [...this.world.workers.values()][index % this.world.workers.size];
  }

  do(one: Action): void {
    const { world } = this;
    this.#deaf -= 1;
    world.delivers = this.#deaf <= 0;
    switch (one.kind) {
      case "join":
        if (world.workers.size < 10) world.join(`w${world.workers.size}`, one.behaviour);
        return;
      case "submit":
        this.#submit(one);
        return;
      case "cancel": {
        const job = this.jobs[one.which % Math.max(1, this.jobs.length)];
        if (job !== undefined) world.feed({ type: "jobCancelled", jobId: job.jobId, payer });
        return;
      }
      case "pass":
        world.pass(one.ms);
        return;
      case "block":
        world.block();
        return;
      case "tick":
        world.tick(one.ms);
        return;
      case "mine":
        world.mine();
        return;
      case "drain":
        world.drain();
        return;
      case "advance":
        world.advance(one.count, one.skip);
        return;
      case "restart":
        world.restart(one.from);
        if (one.isMet) world.reconnect();
        return;
      case "deaf":
        this.#deaf = one.turns;
        return;
      case "replay": {
        const input = this.heard.at(-one.back);
        if (input !== undefined) world.feed(input);
        return;
      }
      default:
        this.#move(one);
    }
  }

  #move(one: Extract<Action, { who: number }>): void {
    const worker = this.#worker(one.who);
    if (worker === undefined) return;
    if (one.kind === "work") this.world.work(worker);
    else if (one.kind === "beat") this.#beat(worker);
    else if (one.kind === "turn") worker.behaviour = one.behaviour;
    else if (one.kind === "vanish") worker.connected = false;
    else if (one.kind === "return") this.world.feedAll(worker.connect());
    else if (worker.connected) this.world.feed(worker.disconnect());
  }

  #beat(worker: TestWorker): void {
    if (worker.connected) this.world.feed(worker.beat());
  }

  #submit({ tasks, reduce, trust }: Extract<Action, { kind: "submit" }>): void {
    const deadlineAt = this.world.now + 600_000;
    const job = submission({
      key: `job-${this.jobs.length}`,
      tasks,
      reduce,
      trust,
      budget: 20_000n,
      deadlineAt,
    });
    if (this.world.submit(job).ok) this.jobs.push(job);
  }

  #isAtRest(): boolean {
    const { ledger } = this.world.state;
    const isOver = this.jobs.every(({ jobId }) => (ledger.jobs.get(jobId)?.endedAt ?? null) !== null);
    return isOver && [...ledger.tasks.values()].every(({ state }) => state !== "accepted") && this.#isPaid();
  }

  #isPaid(): boolean {
    return [...this.world.workers.values()].every(
      ({ address }) => this.owed(address) === (this.world.chain.paid.get(address) ?? 0n),
    );
  }

  /** All that the coordinator owes a worker. */
  owed(worker: Address): bigint {
    return [...this.world.state.ledger.escrows.values()].reduce(
      (sum, escrow) => sum + (escrow.owed.get(worker) ?? 0n),
      0n,
    );
  }

  /** Faults end: everybody is back and honest. Whatever is open must come to an end. */
  heal(): void {
    const { world } = this;
    this.#deaf = 0;
    world.delivers = true;
    for (const worker of world.workers.values()) {
      worker.behaviour = "honest";
      worker.connected = false;
    }
    world.reconnect();
    // Operators that were caught stay out of their jobs, so strangers are needed to finish them.
    for (let i = 0; i < 4; i += 1) world.join(`late-${i}`);
    // A third of the jobs' deadline: what ends by its deadline alone was stuck.
    for (let i = 0; i < 10 && !this.#isAtRest(); i += 1) world.settle(20);
  }
}

test("invariants hold through every fault, and once the faults end every job comes to its end", () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 40, maxLength: 150, size: "max" }), (actions) => {
      const life = new Life();
      for (const one of actions) life.do(one);
      life.heal();
      const { world } = life;
      for (const job of life.jobs) {
        expect(["completed", "failed", "cancelled"]).toContain(jobView(world.state, job.jobId)?.state);
      }
      for (const worker of world.workers.values()) {
        expect(world.chain.paid.get(worker.address) ?? 0n).toBe(life.owed(worker.address));
      }
      const replayed = coordinatorDecider.initial(world.config);
      for (const fact of world.facts) coordinatorDecider.evolve(replayed, fact);
      expect(coordinatorDecider.snapshot(replayed)).toEqual(coordinatorDecider.snapshot(world.state));
    }),
    { numRuns: 25, endOnFailure: true },
  );
});
