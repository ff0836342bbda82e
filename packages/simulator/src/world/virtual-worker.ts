// A worker of a simulated network: the real core, a virtual executor with a behaviour, and a wallet for its vouchers.
import type { RandomStream } from "@starling/kernel";
import {
  type Address,
  anyPledge,
  type EscrowId,
  type LeaseId,
  type LeaseItem,
  resultDigest,
  type SignedWorkerRecord,
} from "@starling/protocol";
import { challengeAnswer, laneProduct } from "@starling/protocol/challenge";
import { senderDefaults } from "@starling/settlement";
import {
  defaultPolicy,
  type RunResult,
  type WorkerConfig,
  type WorkerEffect,
  type WorkerFact,
  type WorkerInput,
  type WorkerState,
  workerDecider,
} from "@starling/worker-node/core";
import type { Den, HeldAnswer, Spied, VirtualRun } from "../behaviours/behaviour.ts";
import { honest } from "../behaviours/honest.ts";
import type { Role } from "../cast.ts";
import type { Boxes } from "./boxes.ts";
import { ChainNode } from "./chain-node.ts";
import { readClaims, readCredits } from "./claims.ts";
import { outputsOf, rightContent } from "./outputs.ts";
import { imageless, programKindOf } from "./programs.ts";
import { gpusOf, recordOf, workerAt } from "./records.ts";
import { pledgeKey } from "./stake-rules.ts";
import type { UpEffect } from "./translate.ts";
import type { VirtualChain } from "./virtual-chain.ts";
import { taintOf, VirtualRuns } from "./virtual-checkpoints.ts";
import { type NodeWorld, VirtualNode } from "./virtual-node.ts";

export interface WorkerHooks {
  /** Sends a frame to the coordinator, if a stream stands. */
  readonly sendUp: (effect: UpEffect) => void;
  /** What the worker of a lease is not told. */
  readonly spy: (lease: LeaseItem) => Spied;
  /** The core wants to follow an offer. */
  readonly follow: () => void;
  readonly onCrash: () => void;
  readonly onStart: () => void;
  readonly observe: (worker: VirtualWorker, facts: readonly WorkerFact[]) => void;
  readonly compare: (live: WorkerState, recovered: WorkerState) => void;
}

/** The world as a worker sees it. */
export interface WorkerWorld extends NodeWorld {
  readonly chain: VirtualChain;
  /** Blocks that confirm an allotment. */
  readonly confirmations: number;
  readonly isChainless: boolean;
  readonly den: Den;
  readonly boxes: Boxes;
  /** Latencies of this worker's node of the chain. */
  readonly chainRandom: RandomStream;
  readonly imageRandom: RandomStream;
}

/** Prices of a run are a hundredth of a coin: whatever is earned is worth its gas. */
const REDEEM_MIN = 1n;
const SLOTS = 2;
/** Prices that a worker changes between, and the step from one to the next in base units. */
const PRICES = 3;
const PRICE_STEP = 500n;
const FAILURE_MS_SPAN = 300;
/** So many times as long takes what keeps checkpoints. */
const LONG_TIMES = 10;

type RunEffect = Extract<WorkerEffect, { readonly type: "runLease" }>;

export class VirtualWorker {
  readonly index: number;
  readonly address: Address;
  readonly role: Role;
  readonly node: VirtualNode<WorkerConfig, WorkerState, WorkerInput, WorkerFact, WorkerEffect>;
  readonly #world: WorkerWorld;
  readonly #hooks: WorkerHooks;
  readonly #random: RandomStream;
  readonly #chainNode: ChainNode;
  readonly #runs = new VirtualRuns();
  /** Escrows whose allotment is awaited: looked at again with each block. */
  readonly #awaited = new Set<EscrowId>();
  /** The most that the worker was ever told to be confirmed for it. */
  readonly highestConfirmed = new Map<EscrowId, bigint>();

  constructor(index: number, role: Role, { world, hooks }: { world: WorkerWorld; hooks: WorkerHooks }) {
    this.index = index;
    this.address = workerAt(index);
    this.role = role;
    this.#world = world;
    this.#hooks = hooks;
    this.#random = world.random;
    this.#chainNode = new ChainNode(world.chain, {
      world: { ...world, random: world.chainRandom },
      account: this.address,
    });
    const configOf = (epoch: number): WorkerConfig => ({
      worker: this.address,
      operator: role.operator,
      classes: role.gpus === undefined ? ["wasm"] : ["wasm", "gpu"],
      gpus: gpusOf(index, role.gpus),
      slots: SLOTS,
      ...(world.isChainless ? { chainless: true } : {}),
      pricePerTask: this.#priceIn(epoch),
      policy: { ...defaultPolicy, redeemMin: REDEEM_MIN },
      sender: { ...senderDefaults, confirmations: world.confirmations },
      servesJuries: false,
    });
    this.node = new VirtualNode(
      {
        name: `worker ${index}`,
        crash: "workerCrash",
        decider: workerDecider,
        configOf,
        tick: { type: "tick" },
        perform: (effect) => this.#perform(effect),
        observe: (_state, facts) => hooks.observe(this, facts),
        compare: hooks.compare,
        onCrash: hooks.onCrash,
        onStart: hooks.onStart,
      },
      world,
    );
  }

  /** Starts it, and tells it what its machine was measured to do. */
  start(): void {
    this.node.start();
    const { box } = this.role;
    if (box === undefined) return;
    this.node.input({ type: "measurementWanted" });
    this.node.input({ type: "machineMeasured", figures: { matrix: box.matrix } });
  }

  /** Whether it works in a fleet without a chain. */
  get isChainless(): boolean {
    return this.#world.isChainless;
  }

  /** The record that it says hello with; each start signs a newer one. */
  get signed(): SignedWorkerRecord {
    const { role, node } = this;
    return recordOf(this.index, {
      ...role,
      seq: node.epoch,
      slots: SLOTS,
      pricePerTask: this.#priceIn(node.epoch),
    });
  }

  // With each start the owner may have thought better of his price, which never rises above the first.
  #priceIn(epoch: number): bigint {
    return this.role.pricePerTask - PRICE_STEP * BigInt(epoch % PRICES);
  }

  /** A new block: allotments that are awaited are looked at again, and now and then money is moved by the worker itself. */
  onBlock(): void {
    const head = this.#chainNode.headSeen();
    if (head !== null) this.node.input({ type: "sender", input: head });
    const awaited = [...this.#awaited];
    this.#awaited.clear();
    for (const escrowId of awaited) this.#tellAllotment(escrowId);
    const { faults, chain } = this.#world;
    if (faults.draws("voucherCashed")) {
      for (const [escrowId, { cumulative, signature }] of this.node.state.ledger.vouchers)
        chain.addForeign({ kind: "redeem", escrowId, worker: this.address, cumulative, signature });
    }
    if (faults.draws("allotmentReturned")) {
      for (const escrowId of chain.contracts.escrows.keys())
        chain.addForeign({ kind: "release", escrowId, worker: this.address });
    }
  }

  #perform(effect: WorkerEffect): void {
    const life = this.node.epoch;
    switch (effect.type) {
      case "runLease":
        this.#run(effect);
        return;
      case "refreshAllotment":
        this.#tellAllotment(effect.escrowId);
        return;
      case "refreshPledge":
        this.#tellPledge(effect);
        return;
      case "readClaims":
        this.#chainNode.read(() => this.#answer({ type: "claimsSeen", ...this.#claims(effect.escrowIds) }, life));
        return;
      case "readCredits":
        this.#chainNode.read(() =>
          this.#answer({ type: "creditsSeen", ...readCredits(this.#world, effect.accounts) }, life),
        );
        return;
      case "sender":
        this.#chainNode.send(effect.effect, (input) => this.#answer({ type: "sender", input }, life));
        return;
      case "followOffer":
        this.#hooks.follow();
        return;
      case "answerChallenge":
        this.#compute(effect);
        return;
      case "endSpareWork":
        // The core ignores a product that it has given up.
        return;
      case "readJuries":
      case "judgeTask":
      case "endJudging":
        // Nobody has a seat here.
        return;
      case "stopRun":
      case "killRun":
        // The core ignores the end of a run that it has given up.
        this.#runs.end(effect.leaseId, { asks: effect.type === "stopRun" });
        return;
      default:
        for (const frame of this.#mangled(effect)) this.#hooks.sendUp(frame);
    }
  }

  // The answer to an effect dies with the process that asked.
  #answer(input: WorkerInput, life: number): void {
    if (this.node.epoch === life) this.node.input(input);
  }

  #compute({ coordinator, challenge }: Extract<WorkerEffect, { type: "answerChallenge" }>): void {
    const { simulation, boxes } = this.#world;
    const { box } = this.role;
    const life = this.node.epoch;
    const lanes = Array.from({ length: challenge.lanes }, (_, lane) => laneProduct(challenge, lane));
    const product = challengeAnswer(lanes);
    const answer = (): void =>
      this.#answer({ type: "challengeComputed", coordinator, seed: challenge.seed, product }, life);
    if (box === undefined) {
      answer();
      return;
    }
    const { now } = simulation;
    simulation.after(boxes.doneAt(box.name, { now, takesMs: box.productMs(this.#random) }) - now, answer);
  }

  #claims(escrowIds: readonly EscrowId[]): ReturnType<typeof readClaims> {
    return readClaims(this.#world, escrowIds, this.address);
  }

  #mangled(effect: UpEffect): readonly UpEffect[] {
    const { faults } = this.#world;
    const { behaviour } = this.role;
    if (!faults.isOn || behaviour.mangle === undefined) return [effect];
    return behaviour.mangle(effect, {
      random: this.#random,
      answerOf: (leaseId) => this.#answerOf(leaseId),
      count: (kind) => faults.count(kind),
      worker: this.address,
      den: this.#world.den,
    });
  }

  #answerOf(leaseId: LeaseId): HeldAnswer | null {
    const held = this.node.state.ledger.leases.get(leaseId);
    if (held === undefined || held.answer === null) return null;
    const { taskSpec, attempt, escrowId, fine } = held.lease;
    const { digest, salt, outputs, usage } = held.answer;
    return { escrowId, fine, reveal: { leaseId, taskSpec, attempt, digest, salt, outputs, usage } };
  }

  #tellAllotment(escrowId: EscrowId): void {
    if ([...this.node.state.presence.pending.values()].some((pending) => pending.lease.escrowId === escrowId))
      this.#awaited.add(escrowId);
    const { chain, confirmations } = this.#world;
    const escrow = chain.confirmed(confirmations).escrows.get(escrowId);
    if (escrow === undefined) return;
    const { coordinator, payer } = escrow;
    // Nothing is allotted to a referee, but whose escrow it is can be seen.
    const { allotted = 0n, claimed = 0n, expiresAt: ends = 0 } = escrow.accounts.get(this.address) ?? {};
    if (allotted > (this.highestConfirmed.get(escrowId) ?? 0n)) this.highestConfirmed.set(escrowId, allotted);
    const expiresAt = ends * 1_000;
    this.node.input({ type: "allotmentSeen", escrowId, coordinator, payer, allotted, claimed, expiresAt });
  }

  #tellPledge({ escrowId, others }: Extract<WorkerEffect, { type: "refreshPledge" }>): void {
    const { chain, confirmations } = this.#world;
    const { escrows, registry } = chain.confirmed(confirmations);
    const escrow = escrows.get(escrowId);
    if (escrow === undefined) return;
    const { operator } = this.role;
    const pledge = registry.pledges.get(pledgeKey(escrowId, operator));
    const finalAt = (of: EscrowId): number | null => {
      const one = escrows.get(of);
      return one === undefined ? null : (one.committedAt ?? one.deadline) + chain.windows.disputeSeconds;
    };
    const { stake, pledged } = registry.stakes.get(operator) ?? { stake: 0n, pledged: 0n };
    this.node.input({
      type: "pledgeSeen",
      escrowId,
      coordinator: escrow.coordinator,
      open: escrow.committedAt === null && !escrow.isClosed,
      finalAtSeconds: finalAt(escrowId) ?? 0,
      allotted: escrow.accounts.get(this.address)?.allotted ?? 0n,
      stake,
      pledged,
      leaving: false,
      total: pledge?.total ?? 0n,
      standing: pledge?.amount ?? 0n,
      endsAtSeconds: pledge?.releaseAt ?? 0,
      over: others.filter((other) => (finalAt(other) ?? Number.POSITIVE_INFINITY) <= chain.head.timestampSeconds),
      allowance: anyPledge,
    });
  }

  #run(effect: RunEffect): void {
    const { simulation } = this.#world;
    const { node } = this;
    const life = node.epoch;
    // A run dies with its daemon.
    const isAlive = (): boolean => node.epoch === life && node.isUp;
    this.#runs.begin(effect, this.#resultOf(effect), { simulation, isAlive, tell: (input) => node.input(input) });
  }

  #resultOf(effect: RunEffect): { readonly durationMs: number; readonly result: () => RunResult } {
    const { faults } = this.#world;
    const { lease } = effect;
    const kind = programKindOf(lease);
    if (faults.strikes("imageUnavailable", this.#world.imageRandom)) return { durationMs: 0, result: imageless };
    if (kind === "poison") faults.count("poison");
    const failsByItself = kind === "poison" || faults.strikes("applicationFailure");
    if (failsByItself || faults.strikes("infrastructureFailure")) {
      const fault = failsByItself ? "application" : "infrastructure";
      const reason = kind === "poison" ? "trap" : failsByItself ? "exit" : "executorBroken";
      const durationMs = this.#random.below(FAILURE_MS_SPAN);
      const failed = { kind: "failed", fault, reason, message: "simulated", log: "" } as const;
      const usage = { wallMs: durationMs, cpuMs: durationMs, peakMemoryBytes: 1 };
      return { durationMs, result: () => (failsByItself ? { ...failed, usage, ending: { exitCode: 1 } } : failed) };
    }
    const { durationMs, content, isKilled } = this.#contentOf(lease, taintOf(effect));
    if (isKilled === true) return { durationMs, result: () => killedAfter(durationMs) };
    const usage = { wallMs: durationMs, cpuMs: durationMs, peakMemoryBytes: 1 };
    const result = (): RunResult => {
      const outputs = outputsOf(content());
      return { kind: "completed", digest: resultDigest(outputs), outputs, usage };
    };
    return { durationMs, result };
  }

  #contentOf(lease: LeaseItem, taint: string): Omit<VirtualRun, "content"> & { readonly content: () => string } {
    const { faults, den } = this.#world;
    const { operator } = this.role;
    const behaviour = faults.isOn ? this.role.behaviour : honest;
    const right = `${rightContent(lease.taskSpec)}${taint}`;
    const task = { lease, right, worker: this.address, operator, den, spied: this.#hooks.spy(lease) };
    const drawn = behaviour.run(task, this.#random, (kind) => faults.count(kind));
    const isLong = lease.task.limits.checkpoint !== undefined;
    const run = isLong ? { ...drawn, durationMs: drawn.durationMs * LONG_TIMES } : drawn;
    if (behaviour.fault !== null) faults.count(behaviour.fault);
    const content = (): string => (typeof run.content === "string" ? run.content : run.content());
    switch (programKindOf(lease)) {
      case "nondeterministic": {
        faults.count("nondeterminism");
        const noise = this.#random.uint32();
        return { ...run, content: () => `${content()} ${noise}` };
      }
      case "machineDependent":
        faults.count("machineDependence");
        return { ...run, content: () => `${content()} on machine ${this.index}` };
      default:
        return { ...run, content };
    }
  }

  /** Keeps what a frame or an offer tells, if the behaviour reads such things. */
  hear(message: unknown): void {
    if (this.role.behaviour.listens !== true) return;
    const text = JSON.stringify(message, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
    for (const [trace] of text.matchAll(/(0x|cid:)[0-9a-f]{64}/g))
      this.#world.den.note(`heard by ${this.address}`, trace);
  }
}

// With less than the job asks for: the machine has no more.
function killedAfter(wallMs: number): RunResult {
  const usage = { wallMs, cpuMs: wallMs, peakMemoryBytes: 1 };
  const failed = {
    kind: "failed",
    fault: "application",
    reason: "outOfMemory",
    message: "simulated",
    log: "",
  } as const;
  return { ...failed, usage, ending: { outOfMemory: true } };
}
