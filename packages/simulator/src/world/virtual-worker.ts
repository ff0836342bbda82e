// A worker of a simulated network: the real core, a virtual executor with a behaviour, and a stream to the coordinator.
import type { RandomStream } from "@starling/kernel";
import {
  type Address,
  type ArtifactRef,
  keccakText,
  type LeaseItem,
  resultDigest,
  type SignedWorkerRecord,
} from "@starling/protocol";
import {
  defaultPolicy,
  type WorkerConfig,
  type WorkerEffect,
  type WorkerFact,
  type WorkerInput,
  type WorkerState,
  workerDecider,
} from "@starling/worker-node/core";
import type { Behaviour } from "../behaviours/behaviour.ts";
import { recordOf } from "./records.ts";
import type { VirtualChain } from "./virtual-chain.ts";
import { type NodeWorld, VirtualNode } from "./virtual-node.ts";

/** The right output of a task: what every honest machine computes. */
export function rightContent(lease: LeaseItem): string {
  return `right ${lease.taskSpec}`;
}

/** The one output of a virtual run. */
export function outputsOf(content: string): ArtifactRef[] {
  return [{ name: "out", cid: `cid:${keccakText(content).slice(2)}`, size: 10 }];
}

export interface WorkerSetup {
  readonly index: number;
  readonly address: Address;
  readonly operator: Address;
  readonly behaviour: Behaviour;
}

export interface WorkerHooks {
  /** Sends an effect to the coordinator over the stream. */
  readonly sendUp: (effect: WorkerEffect) => void;
  readonly onCrash: () => void;
  readonly onStart: () => void;
  readonly observe: (worker: VirtualWorker, facts: readonly WorkerFact[]) => void;
}

const PRICE = 10_000n;

export class VirtualWorker {
  readonly setup: WorkerSetup;
  readonly signed: SignedWorkerRecord;
  readonly node: VirtualNode<WorkerConfig, WorkerState, WorkerInput, WorkerFact, WorkerEffect>;
  readonly #world: NodeWorld;
  readonly #chain: VirtualChain;
  readonly #random: RandomStream;
  readonly #hooks: WorkerHooks;
  readonly #waiting = new Set<LeaseItem["escrowId"]>();

  constructor(
    setup: WorkerSetup,
    parts: { readonly world: NodeWorld; readonly chain: VirtualChain },
    hooks: WorkerHooks,
  ) {
    this.setup = setup;
    this.#world = parts.world;
    this.#chain = parts.chain;
    this.#random = parts.world.random;
    this.#hooks = hooks;
    const pricePerTask = PRICE + BigInt(this.#random.below(10_000));
    this.signed = recordOf(setup.index, { address: setup.address, operator: setup.operator, pricePerTask });
    const config: WorkerConfig = {
      worker: setup.address,
      operator: setup.operator,
      classes: ["wasm"],
      slots: 2,
      pricePerTask,
      policy: defaultPolicy,
      plantedBugs: new Set(),
    };
    this.node = new VirtualNode(
      {
        name: `worker ${setup.index}`,
        decider: workerDecider,
        configOf: () => config,
        tick: { type: "tick" },
        perform: (effect) => this.#perform(effect),
        observe: (_state, facts) => hooks.observe(this, facts),
        onCrash: hooks.onCrash,
        onStart: hooks.onStart,
      },
      parts.world,
      "workerCrash",
    );
  }

  /** A new block: leases that wait for their allotment are looked at again. */
  onBlock(): void {
    const waiting = new Set([...this.#waiting]);
    this.#waiting.clear();
    for (const escrowId of waiting) this.#refresh(escrowId);
  }

  #perform(effect: WorkerEffect): void {
    switch (effect.type) {
      case "runLease":
        return this.#run(effect.lease);
      case "refreshAllotment":
        return this.#refresh(effect.escrowId);
      case "killRun":
      case "followOffer":
        return;
      default:
        return this.#hooks.sendUp(effect);
    }
  }

  #refresh(escrowId: LeaseItem["escrowId"]): void {
    const found = this.#chain.contracts.escrows.get(escrowId)?.accounts.get(this.setup.address);
    const isWaiting = [...this.node.state.presence.pending.values()].some(
      (pending) => pending.lease.escrowId === escrowId,
    );
    if (isWaiting) this.#waiting.add(escrowId);
    if (found === undefined) return;
    this.node.input({
      type: "allotmentSeen",
      escrowId,
      allotted: found.allotted,
      claimed: found.claimed,
      expiresAt: found.expiresAt * 1_000,
    });
  }

  #run(lease: LeaseItem): void {
    const { faults, simulation } = this.#world;
    const { behaviour, address } = this.setup;
    const run = behaviour.run({ lease, right: rightContent(lease), worker: address }, this.#random);
    if (run.content !== rightContent(lease)) faults.count("wrongAnswer");
    if (behaviour.name === "slow") faults.count("slowRun");
    const life = this.node.epoch;
    const isBroken = faults.strikes("infrastructureFailure");
    const isFaulty = !isBroken && faults.strikes("applicationFailure");
    simulation.after(run.durationMs, () => {
      // A run dies with its daemon.
      if (this.node.epoch !== life || !this.node.isUp) return;
      const { leaseId, attempt } = lease;
      if (isBroken || isFaulty) {
        const fault = isBroken ? "infrastructure" : "application";
        return this.node.input({
          type: "runFinished",
          leaseId,
          attempt,
          result: {
            kind: "failed",
            fault,
            reason: isBroken ? "executorBroken" : "trap",
            message: "simulated",
            log: "",
          },
        });
      }
      const outputs = outputsOf(run.content);
      const usage = { wallMs: run.durationMs, cpuMs: run.durationMs, peakMemoryBytes: 1 };
      this.node.input({
        type: "runFinished",
        leaseId,
        attempt,
        result: { kind: "completed", digest: resultDigest(outputs), outputs, usage },
      });
    });
  }
}
