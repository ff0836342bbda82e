// A whole network from one seed: the real cores of a coordinator and its workers over a virtual network, chain and disk.
import {
  type CoordinatorConfig,
  type CoordinatorEffect,
  type CoordinatorFact,
  type CoordinatorInput,
  type CoordinatorState,
  coordinatorDecider,
  defaultPolicy,
  type PlantedBug,
} from "@starling/coordinator/core";
import { keyFromSeed, type RandomStreams, randomStreams } from "@starling/kernel";
import type { Address } from "@starling/protocol";
import { isRightAnswer } from "@starling/protocol/challenge";
import { indexerDefaults, senderDefaults } from "@starling/settlement";
import type { WorkerFact, WorkerState } from "@starling/worker-node/core";
import { Den } from "../behaviours/behaviour.ts";
import type { Role } from "../cast.ts";
import { type FaultPlan, Faults } from "../fault-plan.ts";
import { Simulation } from "../simulation.ts";
import { Boxes } from "./boxes.ts";
import { ChainNode } from "./chain-node.ts";
import { courtWindows } from "./court-rules.ts";
import { coordinatorAddress, domain, lotteryKey, networkId, payers, workerAt } from "./records.ts";
import { downFrame, offerAt, upFrame } from "./translate.ts";
import { spyOn, withTreachery } from "./treachery.ts";
import { unsigned } from "./unsigned.ts";
import { VirtualChain } from "./virtual-chain.ts";
import { VirtualLink } from "./virtual-network.ts";
import { VirtualNode } from "./virtual-node.ts";
import { VirtualWorker } from "./virtual-worker.ts";
import type { Wire } from "./wire.ts";
import { linkEnds } from "./work-stream.ts";

/** What a world is made of. */
export interface WorldOptions {
  readonly seed: number;
  readonly cast: readonly Role[];
  readonly plan: FaultPlan;
  readonly eventsMax: number;
  readonly plantedBugs: ReadonlySet<PlantedBug>;
  readonly wire: Wire;
  /** A fleet without a chain. */
  readonly chainless?: true;
  /** The chain has a court, which takes the fines of caught workers. */
  readonly hasCourt?: true;
  /** Daemons journal nothing: where nothing crashes. */
  readonly isForgetful: boolean;
}

/** Who watches: called when facts are durable and when effects leave. */
export interface Watch {
  coordinatorTurn(state: CoordinatorState, facts: readonly CoordinatorFact[]): void;
  coordinatorEffect(effect: CoordinatorEffect): void;
  workerTurn(worker: VirtualWorker, facts: readonly WorkerFact[]): void;
  /** A daemon crashed: what was live and what its journal gives. */
  recovered(name: string, live: CoordinatorState | WorkerState, recovered: CoordinatorState | WorkerState): void;
}

export type CoordinatorNode = VirtualNode<
  CoordinatorConfig,
  CoordinatorState,
  CoordinatorInput,
  CoordinatorFact,
  CoordinatorEffect
>;

/** When virtual time begins, milliseconds since the epoch. */
export const startAt = 1_700_000_000_000;
const WEALTH = 10n ** 15n;
const WINDOWS = { claimSeconds: 20, disputeSeconds: 5 };
const REORG_DEPTH_MAX = 2;
const CONFIRMATIONS = REORG_DEPTH_MAX + 1;
const GOSSIP_MS_SPAN = 200;
const ESCROW_IDLE_MS = 25_000;
/** Often, and so small that they cost the simulator nothing. */
const CHALLENGES = { challengeEveryMs: 60_000, challengeAgainMs: 35_000, challengeSize: 3, challengeFactors: 2 };
const COMMIT_GRACE_MS = 5_000;
/** Small enough that jobs here have batches of several runs, and several batches. */
const BATCHES = { runTasks: 4, batchTasksMax: 16, batchEveryMs: 20_000 };
const STAKES = [0n, 3_000_000n, 100_000_000n, 100_000_000n];
const FEES_BPS = [0, 0, 250];

/** Everything that a run consists of. */
export class World {
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly random: RandomStreams;
  readonly chain: VirtualChain;
  readonly coordinator: CoordinatorNode;
  readonly workers: readonly VirtualWorker[];
  /** Total money on the chain; constant. */
  readonly wealth: bigint;
  readonly #chainNode: ChainNode;
  readonly #links: readonly VirtualLink[];
  readonly #byAddress = new Map<Address, number>();
  readonly #den = new Den();
  readonly #boxes = new Boxes();
  readonly #options: WorldOptions;
  readonly #watch: Watch;

  constructor(options: WorldOptions, watch: Watch) {
    this.#options = options;
    this.#watch = watch;
    this.random = randomStreams(keyFromSeed(options.seed));
    this.simulation = new Simulation({ startAt, eventsMax: options.eventsMax });
    this.faults = new Faults(options.plan, this.random("faults"));
    const chainWorld = this.#worldOf("chain");
    const stakes = this.#drawStakes();
    this.wealth = [...stakes.values()].reduce((sum, stake) => sum + stake, BigInt(payers.length) * WEALTH);
    this.chain = new VirtualChain(
      chainWorld,
      {
        windows: WINDOWS,
        feeBps: FEES_BPS[this.random("fee").below(FEES_BPS.length)] ?? 0,
        domain,
        reorgDepthMax: REORG_DEPTH_MAX,
        stakes,
        operators: new Map(options.cast.map(({ operator }, index) => [workerAt(index), operator])),
        balances: new Map(payers.map((payer) => [payer, WEALTH])),
      },
      () => this.#onHead(),
    );
    this.#chainNode = new ChainNode(this.chain, { world: chainWorld, account: coordinatorAddress });
    this.coordinator = this.#makeCoordinator();
    this.workers = options.cast.map((role, index) => this.#makeWorker(index, role));
    this.#links = this.workers.map((worker) => this.#makeLink(worker));
    for (const worker of this.workers) this.#byAddress.set(worker.address, worker.index);
  }

  /** Whether there is no chain: the virtual one stands still then, and nobody asks it. */
  get isChainless(): boolean {
    return this.#options.chainless === true;
  }

  /** Starts everything. */
  start(): void {
    if (!this.isChainless) this.chain.run();
    this.coordinator.start();
    for (const worker of this.workers) worker.start();
  }

  /** The stream between a worker and the coordinator. */
  linkOf(worker: Address): VirtualLink | undefined {
    return this.#links[this.#byAddress.get(worker) ?? -1];
  }

  #worldOf(name: string) {
    const { isForgetful } = this.#options;
    return { simulation: this.simulation, faults: this.faults, random: this.random(name), isForgetful };
  }

  // Where the cast does not say it, some operators have nothing at stake, and some too little for all that they do.
  #drawStakes(): ReadonlyMap<Address, bigint> {
    const random = this.random("stakes");
    const stakes = new Map<Address, bigint>();
    for (const { operator, stake } of this.#options.cast)
      if (!stakes.has(operator)) stakes.set(operator, stake ?? STAKES[random.below(STAKES.length)] ?? 0n);
    return stakes;
  }

  #makeCoordinator(): CoordinatorNode {
    return new VirtualNode(
      {
        name: "coordinator",
        crash: "coordinatorCrash",
        decider: coordinatorDecider,
        configOf: (epoch) => this.#configOf(epoch),
        tick: { type: "tick" },
        perform: (effect) => {
          this.#watch.coordinatorEffect(effect);
          this.#perform(effect);
        },
        observe: (state, facts) => this.#watch.coordinatorTurn(state, facts),
        compare: (live, recovered) => this.#watch.recovered("coordinator", live, recovered),
        onCrash: () => {
          for (const link of this.#links) link.died("coordinator");
        },
        onStart: () => undefined,
      },
      this.#worldOf("coordinator"),
    );
  }

  #configOf(epoch: number): CoordinatorConfig {
    return {
      networkId,
      coordinator: coordinatorAddress,
      epoch,
      policy: {
        ...defaultPolicy,
        escrowIdleMs: ESCROW_IDLE_MS,
        commitGraceMs: COMMIT_GRACE_MS,
        ...BATCHES,
        ...CHALLENGES,
      },
      sender: { ...senderDefaults, confirmations: CONFIRMATIONS },
      indexer: { ...indexerDefaults, confirmations: CONFIRMATIONS },
      ...(this.isChainless ? { chainless: true } : {}),
      windows: this.isChainless ? { claimSeconds: 0, disputeSeconds: 0 } : WINDOWS,
      court: this.#options.hasCourt === true ? courtWindows : null,
      lotteryKey,
      plantedBugs: this.#options.plantedBugs,
    };
  }

  #makeWorker(index: number, role: Role): VirtualWorker {
    const link = (): VirtualLink | undefined => this.#links[index];
    const { wire } = this.#options;
    return new VirtualWorker(index, role, {
      world: {
        ...this.#worldOf(`worker ${index}`),
        chain: this.chain,
        confirmations: CONFIRMATIONS,
        isChainless: this.isChainless,
        den: this.#den,
        boxes: this.#boxes,
        chainRandom: this.random(`chain of worker ${index}`),
        imageRandom: this.random(`images of worker ${index}`),
      },
      hooks: {
        spy: (lease) => spyOn(this.coordinator.state, lease),
        sendUp: (effect) => link()?.send("up", wire.up(upFrame(effect))),
        follow: () => link()?.dial(),
        onCrash: () => link()?.died("worker"),
        onStart: () => link()?.dial(),
        observe: (worker, facts) => this.#watch.workerTurn(worker, facts),
        compare: (live, recovered) => this.#watch.recovered(`worker ${index}`, live, recovered),
      },
    });
  }

  #makeLink(worker: VirtualWorker): VirtualLink {
    const link: VirtualLink = new VirtualLink(
      `w${worker.index}`,
      linkEnds({
        worker,
        coordinator: this.coordinator,
        wire: this.#options.wire,
        faults: this.faults,
        refuse: () => link.close("coordinator"),
      }),
      this.#worldOf(`link ${worker.index}`),
    );
    return link;
  }

  #perform(effect: CoordinatorEffect): void {
    switch (effect.type) {
      case "publishOffer":
        this.#gossip(effect);
        return;
      case "refuseWorker": {
        const link = this.linkOf(effect.worker);
        if (link?.session === effect.session) link.close("coordinator");
        return;
      }
      case "signAnchor": {
        const { escrowId, batch, root, count } = effect;
        this.coordinator.input({ type: "anchorSigned", escrowId, batch, signed: { ...unsigned, root, count } });
        return;
      }
      case "compareOutputs": {
        // Virtual outputs have no numbers: whatever differs is different.
        const { taskId, reference, answer, outputs } = effect;
        const compared = outputs.map(({ output }) => ({
          output,
          equal: false,
          distances: null,
          problem: "no numbers",
        }));
        this.coordinator.input({ type: "outputsCompared", taskId, reference, answer, outputs: compared });
        return;
      }
      case "checkChallenge": {
        const { subject: worker, challenge, product, key } = effect;
        const random = randomStreams(key)("freivalds");
        const isRight = isRightAnswer(challenge, product, { random, rounds: 2 });
        this.coordinator.input({ type: "challengeChecked", worker, seed: challenge.seed, isRight });
        return;
      }
      case "sender":
        this.#chainNode.send(
          effect.effect,
          this.#feedback((input) => ({ type: "sender", input })),
        );
        return;
      case "indexer":
        this.#chainNode.fetch(
          effect.effect,
          this.#feedback((input) => ({ type: "indexer", input })),
        );
        return;
      default:
        for (const frame of withTreachery(effect, this.faults))
          this.linkOf(effect.worker)?.send("down", this.#options.wire.down(downFrame(frame)));
    }
  }

  // The answer to an effect dies with the process that asked.
  #feedback<Answer>(inputOf: (answer: Answer) => CoordinatorInput): (answer: Answer) => void {
    const { coordinator } = this;
    const { epoch } = coordinator;
    return (answer) => {
      if (coordinator.epoch === epoch) coordinator.input(inputOf(answer));
    };
  }

  #gossip({ offer }: Extract<CoordinatorEffect, { type: "publishOffer" }>): void {
    for (const worker of this.workers) {
      if (this.faults.strikes("messageLost")) continue;
      const { node } = worker;
      const input = { type: "offerHeard", offer: offerAt(offer) } as const;
      worker.hear(input);
      this.simulation.after(1 + this.random("gossip").below(GOSSIP_MS_SPAN), () => node.input(input));
    }
  }

  #onHead(): void {
    const head = this.#chainNode.headSeen();
    if (head !== null) {
      this.coordinator.input({ type: "sender", input: head });
      this.coordinator.input({ type: "indexer", input: head });
    }
    for (const worker of this.workers) worker.onBlock();
  }
}
