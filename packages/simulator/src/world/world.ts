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
import { keyFromSeed, type Outcome, type RandomStreams, randomStreams } from "@starling/kernel";
import type { Address, JobSubmission, SigningDomain } from "@starling/protocol";
import { indexerDefaults, senderDefaults } from "@starling/settlement";
import { holdingOf } from "@starling/worker-node/core";
import type { Behaviour } from "../behaviours/behaviour.ts";
import { flapper } from "../behaviours/flapper.ts";
import { honest } from "../behaviours/honest.ts";
import { liar } from "../behaviours/liar.ts";
import { slow } from "../behaviours/slow.ts";
import { drawFaultPlan, Faults } from "../fault-plan.ts";
import { Simulation } from "../simulation.ts";
import { account } from "./records.ts";
import { coordinatorInputOf, type DownEffect, type UpEffect, unsigned, workerInputOf } from "./translate.ts";
import { VirtualChain } from "./virtual-chain.ts";
import { VirtualLink } from "./virtual-network.ts";
import { VirtualNode } from "./virtual-node.ts";
import { VirtualWorker } from "./virtual-worker.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly workers: number;
  readonly eventsMax: number;
  readonly plantedBugs: ReadonlySet<PlantedBug>;
}

export const coordinatorAddress: Address = account(1, 1);
export const payerAddress: Address = account(2, 1);
export const domain: SigningDomain = {
  chainId: 31_337,
  jobEscrow: account(3, 1),
  stakeRegistry: account(3, 2),
  court: account(3, 3),
};
const START_AT = 1_700_000_000_000;
const WEALTH = 10n ** 15n;
const WINDOWS = { claimSeconds: 4, disputeSeconds: 2 };
const REORG_DEPTH_MAX = 2;
const CONFIRMATIONS = REORG_DEPTH_MAX + 1;

/** Everything that a run consists of. */
export class World {
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly random: RandomStreams;
  readonly chain: VirtualChain;
  readonly coordinator: VirtualNode<
    CoordinatorConfig,
    CoordinatorState,
    CoordinatorInput,
    CoordinatorFact,
    CoordinatorEffect
  >;
  readonly workers: VirtualWorker[] = [];
  readonly #links: VirtualLink[] = [];
  readonly #options: WorldOptions;
  /** Total money on the chain; constant. */
  readonly wealth: bigint = 2n * WEALTH;

  constructor(options: WorldOptions, observe: (state: CoordinatorState, facts: readonly CoordinatorFact[]) => void) {
    this.#options = options;
    this.random = randomStreams(keyFromSeed(options.seed));
    this.simulation = new Simulation({ startAt: START_AT, eventsMax: options.eventsMax });
    this.faults = new Faults(drawFaultPlan(this.random("plan")), this.random("faults"));
    this.chain = new VirtualChain(
      { simulation: this.simulation, faults: this.faults, random: this.random("chain") },
      {
        windows: WINDOWS,
        domain,
        reorgDepthMax: REORG_DEPTH_MAX,
        balances: new Map([
          [payerAddress, WEALTH],
          [coordinatorAddress, WEALTH],
        ]),
      },
      () => this.#onHead(),
    );
    this.coordinator = new VirtualNode(
      {
        name: "coordinator",
        decider: coordinatorDecider,
        configOf: (epoch) => this.#configOf(epoch),
        tick: { type: "tick" },
        perform: (effect) => this.#perform(effect),
        observe,
        onCrash: () => {
          for (const link of this.#links) link.breakOff();
        },
        onStart: () => {
          for (const link of this.#links) link.dial();
        },
      },
      { simulation: this.simulation, faults: this.faults, random: this.random("coordinator") },
      "coordinatorCrash",
    );
    for (let i = 0; i < options.workers; i += 1) this.#addWorker(i);
  }

  /** Starts everything. */
  start(): void {
    this.chain.run();
    this.coordinator.start();
    for (const worker of this.workers) worker.node.start();
    this.#flapForEver();
  }

  get liars(): ReadonlySet<string> {
    return new Set(
      this.workers.filter((worker) => worker.setup.behaviour === liar).map((worker) => worker.setup.address),
    );
  }

  /** Submits again and again, as a client does, until the coordinator has answered. */
  submit(submission: JobSubmission, answered: (outcome: Outcome) => void): void {
    let isAnswered = false;
    this.coordinator.input({ type: "jobSubmitted", submission }, (outcome) => {
      isAnswered = true;
      if (outcome.ok || outcome.code !== "unavailable") answered(outcome);
    });
    this.simulation.after(SUBMIT_RETRY_MS, () => {
      if (!isAnswered) this.submit(submission, answered);
    });
  }

  #configOf(epoch: number): CoordinatorConfig {
    return {
      networkId: "simulated",
      coordinator: coordinatorAddress,
      epoch,
      policy: { ...defaultPolicy, escrowIdleMs: 60_000 },
      sender: { ...senderDefaults, confirmations: CONFIRMATIONS },
      indexer: { ...indexerDefaults, confirmations: CONFIRMATIONS },
      windows: WINDOWS,
      plantedBugs: this.#options.plantedBugs,
    };
  }

  // One worker in five lies, one is slow, one flaps; the first is the payer's own, a referee, in two runs of three.
  #addWorker(index: number): void {
    const draw = this.random("workers");
    const kinds: readonly Behaviour[] = [honest, honest, honest, liar, slow, flapper];
    const isReferee = index === 0 && draw.chance(2, 3);
    const behaviour = isReferee ? honest : (kinds[draw.below(kinds.length)] ?? honest);
    // Some operators own two workers, so that distinct workers are not distinct operators.
    const operator = isReferee ? payerAddress : account(4, draw.chance(1, 6) && index > 1 ? index - 1 : index);
    const worker: VirtualWorker = new VirtualWorker(
      { index, address: account(5, index), operator, behaviour },
      {
        world: { simulation: this.simulation, faults: this.faults, random: this.random(`worker ${index}`) },
        chain: this.chain,
      },
      {
        sendUp: (effect) => link.send("up", effect),
        onCrash: () => link.breakOff(),
        onStart: () => link.dial(),
        observe: () => undefined,
      },
    );
    const link = new VirtualLink(`w${index}`, this.#endsOf(worker), {
      simulation: this.simulation,
      faults: this.faults,
      random: this.random(`link ${index}`),
    });
    this.workers.push(worker);
    this.#links.push(link);
  }

  #endsOf(worker: VirtualWorker): ConstructorParameters<typeof VirtualLink>[1] {
    const { address } = worker.setup;
    return {
      canOpen: () => worker.node.isUp && this.coordinator.isUp,
      opened: (session) => {
        const holding = holdingOf(worker.node.state, coordinatorAddress);
        this.coordinator.input({
          type: "workerHello",
          session,
          record: worker.signed.record,
          signed: worker.signed,
          source: "dial",
          remoteAddress: worker.signed.record.addresses[0] ?? "",
          holding,
        });
        worker.node.input({
          type: "coordinatorConnected",
          coordinator: coordinatorAddress,
          peerId: "coordinator",
          session,
          epoch: this.coordinator.epoch,
          beatEveryMs: defaultPolicy.beatEveryMs,
        });
      },
      closed: (session) => {
        this.coordinator.input({ type: "workerGone", worker: address, session, reason: "stream closed" });
        worker.node.input({
          type: "coordinatorGone",
          coordinator: coordinatorAddress,
          session,
          reason: "stream closed",
        });
      },
      toCoordinator: (session, message) =>
        this.coordinator.input(coordinatorInputOf(message as UpEffect, { worker: address, session })),
      toWorker: (session, message) =>
        worker.node.input(workerInputOf(message as DownEffect, { coordinator: coordinatorAddress, session })),
    };
  }

  #perform(effect: CoordinatorEffect): void {
    switch (effect.type) {
      case "publishOffer":
        return;
      case "refuseWorker":
        return this.#linkOf(effect.worker)?.breakOff();
      case "signAnchor":
        return this.coordinator.input({
          type: "anchorSigned",
          escrowId: effect.escrowId,
          batch: effect.batch,
          signed: { ...unsigned, root: effect.root, count: effect.count },
        });
      case "sender":
        return this.chain.send(effect.effect, (input) => this.coordinator.input({ type: "sender", input }));
      case "indexer":
        return this.chain.fetch(effect.effect, (input) => this.coordinator.input({ type: "indexer", input }));
      default:
        return this.#linkOf(effect.worker)?.send("down", effect);
    }
  }

  #linkOf(worker: Address): VirtualLink | undefined {
    return this.#links[this.workers.findIndex((one) => one.setup.address === worker)];
  }

  #onHead(): void {
    const head = this.chain.headSeen();
    this.coordinator.input({ type: "sender", input: head });
    this.coordinator.input({ type: "indexer", input: head });
    for (const worker of this.workers) worker.onBlock();
  }

  #flapForEver(): void {
    this.simulation.after(1_000, () => {
      for (const [i, worker] of this.workers.entries()) {
        const { flapsPerThousand } = worker.setup.behaviour;
        if (this.faults.isOn && flapsPerThousand > 0 && this.random("flaps").chance(flapsPerThousand, 1_000)) {
          this.faults.count("flap");
          this.#links[i]?.breakOff();
        }
      }
      this.#flapForEver();
    });
  }
}

const SUBMIT_RETRY_MS = 2_000;
