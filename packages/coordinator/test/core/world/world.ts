// One coordinator core with workers and a chain in memory. Nothing here waits: the test says when time passes.
import { keyFromSeed, type Outcome, randomStreams, type Turn } from "@starling/kernel";
import { type Address, type Cid, compareBytes, type JobSubmission } from "@starling/protocol";
import { isRightAnswer } from "@starling/protocol/challenge";
import {
  type CoordinatorConfig,
  type CoordinatorEffect,
  type CoordinatorFact,
  type CoordinatorInput,
  type CoordinatorState,
  coordinatorDecider,
} from "../../../src/core/index.ts";
import { TestChain } from "./chain.ts";
import { config as defaultConfig, record, startMs } from "./fixtures.ts";
import { type Behaviour, TestWorker } from "./worker.ts";

export class World {
  state: CoordinatorState;
  config: CoordinatorConfig;
  readonly chain = new TestChain();
  readonly workers = new Map<Address, TestWorker>();
  readonly facts: CoordinatorFact[] = [];
  readonly effects: CoordinatorEffect[] = [];
  now = startMs;
  /** Whether invariants are asserted after every turn. */
  strict = true;
  /** What the store holds, for comparators. */
  readonly bytes = new Map<Cid, Uint8Array>();
  /** Whether comparisons are made; off plays a process that dies before. */
  compares = true;
  /** Content ids that the disk holds and does not give out any more. */
  readonly unreadable = new Set<string>();
  /** Whether effects on workers arrive; off plays a dead network. */
  delivers = true;
  #seed: number;
  readonly #inbox: CoordinatorInput[] = [];

  constructor(config: CoordinatorConfig = defaultConfig(), seed = 1) {
    this.config = config;
    this.#seed = seed;
    this.state = coordinatorDecider.initial(config);
  }

  /** A worker of its own operator, connected and asking. */
  join(name: string, behaviour: Behaviour = "honest", overrides: Parameters<typeof record>[1] = {}): TestWorker {
    const worker = new TestWorker(record(name, overrides), behaviour);
    this.workers.set(worker.address, worker);
    this.feedAll(worker.connect());
    return worker;
  }

  submit(submission: JobSubmission): Outcome {
    this.chain.escrowOf.set(submission.order.salt, submission.newEscrowId);
    return this.feed({ type: "jobSubmitted", submission });
  }

  /** One turn with one input; everything that follows at once waits in the inbox. */
  feed(input: CoordinatorInput): Outcome {
    const turn = this.#turn();
    const outcome = coordinatorDecider.decide(this.state, input, turn);
    this.#perform(turn.effects);
    this.check(JSON.stringify(input.type));
    return outcome;
  }

  feedAll(inputs: readonly CoordinatorInput[]): void {
    for (const input of inputs) this.feed(input);
  }

  /** Records a fact outside of any turn, as if it had been decided. */
  apply(fact: CoordinatorFact): void {
    coordinatorDecider.evolve(this.state, fact);
    this.facts.push(fact);
  }

  check(after: string): void {
    const broken = coordinatorDecider.violations(this.state);
    if (this.strict && broken.length > 0) throw new Error(`after ${after}: ${broken.join("; ")}`);
  }

  #turn(): Turn<CoordinatorFact, CoordinatorEffect> & { readonly effects: CoordinatorEffect[] } {
    this.#seed += 1;
    const effects: CoordinatorEffect[] = [];
    return {
      now: this.now,
      random: randomStreams(keyFromSeed(this.#seed)),
      record: (fact) => {
        coordinatorDecider.evolve(this.state, fact);
        this.facts.push(fact);
      },
      request: (effect) => effects.push(effect),
      effects,
    };
  }

  #perform(effects: readonly CoordinatorEffect[]): void {
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.type === "sender") this.#inbox.push({ type: "sender", input: this.chain.sender(effect.effect) });
      else if (effect.type === "indexer")
        this.#inbox.push({ type: "indexer", input: this.chain.indexer(effect.effect) });
      else if (effect.type === "signAnchor") this.#signAnchor(effect);
      else if (effect.type === "compareOutputs") this.#compare(effect);
      else if (effect.type === "checkChallenge") this.#checkChallenge(effect);
      else if ("worker" in effect && this.delivers) this.#toWorker(effect);
    }
  }

  #compare({ taskId, reference, answer, outputs }: Extract<CoordinatorEffect, { type: "compareOutputs" }>): void {
    if (!this.compares) return;
    const compared = outputs.map((one) => {
      if (this.unreadable.has(one.reference.cid) || this.unreadable.has(one.answer.cid))
        return { output: one.output, equal: false, distances: null, problem: "a bad disk", unreadable: true as const };
      const [left, right] = [this.bytes.get(one.reference.cid), this.bytes.get(one.answer.cid)];
      if (left === undefined || right === undefined) {
        // Only tests of comparators have bytes; a drifter's content id begins like the right one's.
        const isClose = one.reference.cid.slice(0, 60) === one.answer.cid.slice(0, 60);
        const distances = isClose ? { l2: 1e-6, maxAbs: 1e-6, maxRel: 1e-6, at: 0 } : null;
        return { output: one.output, equal: isClose, distances, problem: isClose ? null : "its bytes cannot be read" };
      }
      return { output: one.output, ...compareBytes(one.comparator, left, right) };
    });
    this.#inbox.push({ type: "outputsCompared", taskId, reference, answer, outputs: compared });
  }

  #checkChallenge(effect: Extract<CoordinatorEffect, { type: "checkChallenge" }>): void {
    const { subject: worker, challenge, product, key } = effect;
    const isRight = isRightAnswer(challenge, product, { random: randomStreams(key)("freivalds"), rounds: 2 });
    this.#inbox.push({ type: "challengeChecked", worker, seed: challenge.seed, isRight });
  }

  #signAnchor({ escrowId, batch, root, count, epoch }: Extract<CoordinatorEffect, { type: "signAnchor" }>): void {
    const signed = { root, count, epoch, sequence: batch, signature: `0x${"33".repeat(65)}` } as const;
    this.#inbox.push({ type: "anchorSigned", escrowId, batch, signed });
  }

  #toWorker(effect: Extract<CoordinatorEffect, { worker: Address }>): void {
    const worker = this.workers.get(effect.worker);
    if (worker === undefined || !worker.connected) return;
    if (effect.type === "sendLeases") this.#inbox.push(...worker.onLeases(effect.leases));
    else if (effect.type === "sendCommitSets") this.#inbox.push(...worker.onCommitSets(effect.items));
    else if (effect.type === "sendVerdicts") worker.onVerdicts(effect.items);
    else if (effect.type === "sendRevokes") this.#inbox.push(...worker.onRevokes(effect.leases));
    else if (effect.type === "sendTickets") worker.onTickets(effect);
    else if (effect.type === "sendVoucher") worker.vouchered = effect.cumulative;
    else if (effect.type === "sendPledgeWanted") this.#inbox.push(...worker.onPledgeWanted(effect));
    else if (effect.type !== "sendChallenge") worker.connected = false;
  }

  /** Takes some of what has arrived, not always the oldest first. Without it time passes and nobody is heard. */
  advance(count: number, skip = 0): void {
    for (let i = 0; i < count; i += 1) {
      const [input] = this.#inbox.splice(Math.min(skip, Math.max(0, this.#inbox.length - 1)), 1);
      if (input === undefined) return;
      this.feed(input);
    }
  }

  /** What a worker has run meanwhile arrives. */
  work(worker: TestWorker): void {
    if (worker.connected) this.#inbox.push(...worker.run());
  }

  /** A block is mined; the news of it arrives like everything else. */
  mine(): void {
    this.chain.mine(Math.floor(this.now / 1_000));
    this.#inbox.push({ type: "sender", input: this.chain.head() }, { type: "indexer", input: this.chain.head() });
  }

  /** Lets time pass with ticks alone: nothing arrives meanwhile. */
  tick(ms: number): void {
    const end = this.now + ms;
    while (this.now < end) {
      const wake = coordinatorDecider.nextWake(this.state);
      this.now = Math.min(end, Math.max(this.now + 1, wake ?? end));
      this.feed({ type: "tick" });
    }
  }

  /** Everything that has arrived, and all that follows from it, until nothing moves without time. */
  drain(): void {
    for (let count = 0; count < 100_000; count += 1) {
      const input = this.#inbox.shift();
      if (input !== undefined) {
        this.feed(input);
        continue;
      }
      const said = [...this.workers.values()].flatMap((worker) => (worker.connected ? worker.run() : []));
      if (said.length === 0) return;
      this.#inbox.push(...said);
    }
    throw new Error("the world does not come to rest");
  }

  /** Mines a block and lets everybody react. */
  block(): void {
    this.drain();
    this.chain.mine(Math.floor(this.now / 1_000));
    this.feed({ type: "sender", input: this.chain.head() });
    this.feed({ type: "indexer", input: this.chain.head() });
    this.drain();
  }

  /** Lets time pass in small steps, with ticks when they are due; connected workers send heartbeats. */
  pass(ms: number): void {
    const end = this.now + ms;
    while (this.now < end) {
      const wake = coordinatorDecider.nextWake(this.state);
      this.now = Math.min(end, Math.max(this.now + 1, Math.min(wake ?? end, this.now + 1_000)));
      for (const worker of this.workers.values()) if (worker.connected) this.feed(worker.beat());
      this.feed({ type: "tick" });
      this.drain();
    }
  }

  /** Blocks and seconds until the world has nothing more to do, or the limit is reached. */
  settle(seconds = 60): void {
    this.drain();
    for (let i = 0; i < seconds; i += 1) {
      this.pass(1_000);
      this.block();
    }
  }

  /** Kills the coordinator and starts it again from its facts, or from a snapshot. */
  restart(from: "facts" | "snapshot" = "facts"): void {
    this.config = { ...this.config, epoch: this.config.epoch + 1 };
    const old = this.state;
    if (from === "snapshot") {
      this.state = coordinatorDecider.restore(this.config, structuredClone(coordinatorDecider.snapshot(old)));
    } else {
      this.state = coordinatorDecider.initial(this.config);
      for (const fact of this.facts) coordinatorDecider.evolve(this.state, structuredClone(fact));
    }
    this.#inbox.length = 0;
    for (const worker of this.workers.values()) worker.connected = false;
    const turn = this.#turn();
    coordinatorDecider.resume(this.state, turn);
    this.#perform(turn.effects);
    this.check("restart");
  }

  /** All workers open their streams again. */
  reconnect(): void {
    for (const worker of this.workers.values()) if (!worker.connected) this.feedAll(worker.connect());
  }

  factsOf<T extends CoordinatorFact["type"]>(type: T): Extract<CoordinatorFact, { type: T }>[] {
    return this.facts.filter((fact): fact is Extract<CoordinatorFact, { type: T }> => fact.type === type);
  }
}
