// A worker's core driven by hand: values in, facts and effects out.
import { keyFromSeed, type Outcome, randomStreams } from "@starling/kernel";
import {
  type Address,
  type CommitSetItem,
  type FrameSignature,
  type Hash,
  keccakText,
  type LeaseItem,
} from "@starling/protocol";
import { senderDefaults } from "@starling/settlement";
import {
  defaultPolicy,
  type WorkerConfig,
  type WorkerEffect,
  type WorkerFact,
  type WorkerInput,
  type WorkerState,
  workerDecider,
} from "../../src/core/index.ts";

export const START = 1_800_000_000_000;
export const worker: Address = `0x${"01".repeat(20)}`;
export const operator: Address = `0x${"02".repeat(20)}`;
export const coordinator: Address = `0x${"0a".repeat(20)}`;
export const otherCoordinator: Address = `0x${"0b".repeat(20)}`;
const payer: Address = `0x${"0c".repeat(20)}`;
export const escrow: Hash = keccakText("escrow");

/** Of a frame that the shell has checked. */
export const frameSignature: FrameSignature = {
  ...{ root: keccakText("root"), count: 1, epoch: 1, sequence: 1 },
  signature: `0x${"01".repeat(65)}`,
};

export const config: WorkerConfig = {
  worker,
  operator,
  classes: ["wasm"],
  slots: 2,
  pricePerTask: 100n,
  policy: { ...defaultPolicy, creditLimit: 10_000n },
  sender: senderDefaults,
  servesJuries: true,
};

export function hash(name: string): Hash {
  return keccakText(name);
}

export function lease(name: string, change: Partial<LeaseItem> = {}): LeaseItem {
  return {
    leaseId: hash(`lease ${name}`),
    jobId: hash("job"),
    step: "map",
    index: 0,
    taskSpec: hash(`task ${name}`),
    attempt: 1,
    escrowId: escrow,
    payer,
    price: 100n,
    fine: 7n,
    leaseMs: 60_000,
    traceId: "trace",
    task: {
      runtimeClass: "wasm",
      program: { name: "program", cid: `cid:${"0".repeat(64)}`, size: 10 },
      args: [],
      env: {},
      inputs: [],
      outputs: [],
      seed: 1,
      limits: { timeoutMs: 10_000, memoryBytes: 1_000, outputBytes: 1_000, logBytes: 1_000 },
    },
    ...change,
  };
}

/** One worker with everything that it did. */
export class Driven {
  readonly facts: WorkerFact[] = [];
  readonly effects: WorkerEffect[] = [];
  state: WorkerState;
  now = START;
  readonly #config: WorkerConfig;
  readonly #random = randomStreams(keyFromSeed(7));

  constructor(change: Partial<WorkerConfig> = {}) {
    this.#config = { ...config, ...change };
    this.state = workerDecider.initial(this.#config);
  }

  /** Gives an input; returns its outcome. What the turn asked for is in `effects`. */
  input(input: WorkerInput): Outcome {
    return workerDecider.decide(this.state, input, this.#turn());
  }

  /** Gives an input and returns only the effects of its turn. */
  effectsOf(input: WorkerInput): readonly WorkerEffect[] {
    const before = this.effects.length;
    this.input(input);
    return this.effects.slice(before);
  }

  /** Lets time pass, then ticks. */
  pass(ms: number): readonly WorkerEffect[] {
    this.now += ms;
    return this.effectsOf({ type: "tick" });
  }

  /** A coordinator greets. */
  connect(from: Address = coordinator, session = "s1"): readonly WorkerEffect[] {
    return this.effectsOf({
      type: "coordinatorConnected",
      coordinator: from,
      peerId: "peer",
      session,
      epoch: 1,
      beatEveryMs: 1_000,
    });
  }

  /** The chain confirms an allotment of this size. */
  allot(
    allotted: bigint,
    change: Partial<Extract<WorkerInput, { type: "allotmentSeen" }>> = {},
  ): readonly WorkerEffect[] {
    return this.effectsOf({
      type: "allotmentSeen",
      escrowId: escrow,
      coordinator,
      payer,
      allotted,
      claimed: 0n,
      expiresAt: this.now + 10_000_000,
      ...change,
    });
  }

  /** Leases of one frame. */
  lease(items: readonly LeaseItem[], from: Address = coordinator, session = "s1"): readonly WorkerEffect[] {
    return this.effectsOf({ type: "leasesReceived", coordinator: from, session, epoch: 1, items });
  }

  /** A run ends with outputs. */
  finish(item: LeaseItem, digest = "digest"): readonly WorkerEffect[] {
    return this.effectsOf({
      type: "runFinished",
      leaseId: item.leaseId,
      attempt: item.attempt,
      result: {
        kind: "completed",
        digest: hash(digest),
        outputs: [],
        usage: { wallMs: 5, cpuMs: 5, peakMemoryBytes: 1 },
      },
    });
  }

  /** The set of a task is closed; with our commitment unless told otherwise. */
  closeSet(item: LeaseItem, commitment = this.state.ledger.leases.get(item.leaseId)?.answer?.commitment) {
    const commitments = commitment === undefined ? [] : [{ worker, attempt: item.attempt, commitment }];
    return this.showSet({ taskSpec: item.taskSpec, commitments });
  }

  /** Any set, under a signature that the shell has checked. */
  showSet(set: CommitSetItem) {
    return this.effectsOf({
      type: "commitSetsReceived",
      coordinator,
      items: [set],
      signed: frameSignature,
    });
  }

  verdict(item: LeaseItem, verdict: "accepted" | "rejected" | "unneeded" = "accepted") {
    const { leaseId, taskSpec, attempt } = item;
    return this.effectsOf({
      type: "verdictsReceived",
      coordinator,
      items: [{ leaseId, taskSpec, attempt, verdict, reason: "" }],
    });
  }

  /** The process dies and recovers from what it wrote down. */
  restart(): readonly WorkerEffect[] {
    const ledger = structuredClone(workerDecider.snapshot(this.state));
    this.state = workerDecider.restore(this.#config, ledger);
    const before = this.effects.length;
    workerDecider.resume(this.state, this.#turn());
    return this.effects.slice(before);
  }

  /** The state of a lease; "unknown" when it is not held. */
  stateOf(item: LeaseItem): string {
    return this.state.ledger.leases.get(item.leaseId)?.state ?? this.state.ledger.ended.get(item.leaseId) ?? "unknown";
  }

  #turn() {
    return {
      now: this.now,
      random: this.#random,
      record: (fact: WorkerFact) => {
        this.facts.push(structuredClone(fact));
        workerDecider.evolve(this.state, fact);
      },
      request: (effect: WorkerEffect) => void this.effects.push(effect),
    };
  }
}

/** The effects of one type. */
export function only<T extends WorkerEffect["type"]>(
  effects: readonly WorkerEffect[],
  type: T,
): readonly Extract<WorkerEffect, { type: T }>[] {
  return effects.filter((effect): effect is Extract<WorkerEffect, { type: T }> => effect.type === type);
}
