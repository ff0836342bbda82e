// The coordinator's core alone: no journal, no network, no signatures. Only the time inside of its turns is counted.
import {
  type CoordinatorEffect,
  type CoordinatorFact,
  type CoordinatorInput,
  type CoordinatorState,
  coordinatorDecider,
} from "@starling/coordinator/core";
import { keyFromSeed, type RandomStreams, randomStreams } from "@starling/kernel";
import type { Address, JobSubmission } from "@starling/protocol";
import { TestChain } from "../../../packages/coordinator/test/core/world/chain.ts";
import { config, startMs } from "../../../packages/coordinator/test/core/world/fixtures.ts";

/** An engine draws entropy once for a turn of many inputs. */
const inputsPerTurn = 64;

/** Drives one core in memory. */
export class CoreDriver {
  readonly state: CoordinatorState = coordinatorDecider.initial(config());
  readonly chain = new TestChain();
  now = startMs;
  /** Time in turns since the start or the last `reset`. */
  busyMs = 0;
  /** Leases made since then. */
  placed = 0;
  /** Tasks accepted since then. */
  accepted = 0;
  /** Told of every fact, after it was applied. */
  onFact: (fact: CoordinatorFact) => void = () => undefined;
  #random: RandomStreams = randomStreams(keyFromSeed(1));
  #inputs = 0;

  /** Counts from zero again. */
  reset(): void {
    this.busyMs = 0;
    this.placed = 0;
    this.accepted = 0;
  }

  /** One input; returns what the core asks of the world. */
  feed(input: CoordinatorInput): readonly CoordinatorEffect[] {
    this.#inputs += 1;
    if (this.#inputs % inputsPerTurn === 0) this.#random = randomStreams(keyFromSeed(this.#inputs));
    const effects: CoordinatorEffect[] = [];
    const turn = {
      now: this.now,
      random: this.#random,
      record: (fact: CoordinatorFact): void => {
        if (fact.type === "leaseOffered") this.placed += 1;
        else if (fact.type === "taskAccepted") this.accepted += 1;
        coordinatorDecider.evolve(this.state, fact);
        this.onFact(fact);
      },
      request: (effect: CoordinatorEffect): void => void effects.push(effect),
    };
    // The thread's own time: what else runs on the machine does not count.
    const before = process.threadCpuUsage();
    const outcome = coordinatorDecider.decide(this.state, input, turn);
    const { user, system } = process.threadCpuUsage(before);
    this.busyMs += (user + system) / 1_000;
    if (!outcome.ok) throw new Error(`${input.type} was refused: ${outcome.code} ${outcome.message}`);
    return effects;
  }

  /** Submits a job and lets the chain confirm its money. */
  fund(submission: JobSubmission): void {
    this.chain.escrowOf.set(submission.order.salt, submission.newEscrowId);
    this.onChain(this.feed({ type: "jobSubmitted", submission }));
    for (let block = 0; block < 8; block += 1) this.mine();
  }

  /** Gives workers credit as if the chain had confirmed it: their number would make the toy chain the bottleneck. */
  allot(submission: JobSubmission, workers: readonly Address[], total: bigint): void {
    const expiresAtSeconds = this.chain.seconds + 24 * 3_600;
    for (const [logIndex, worker] of workers.entries()) {
      const body = { type: "allotted", escrowId: submission.newEscrowId, worker, total, expiresAtSeconds } as const;
      const place = { blockNumber: 1, blockHash: submission.specHash, txHash: submission.specHash, logIndex };
      const event = { ...body, ...place };
      coordinatorDecider.evolve(this.state, { type: "chainConfirmed", event, headSeconds: this.chain.seconds });
    }
  }

  /** A block, and what follows from it. */
  mine(): void {
    this.chain.mine(Math.floor(this.now / 1_000));
    this.onChain([
      ...this.feed({ type: "sender", input: this.chain.head() }),
      ...this.feed({ type: "indexer", input: this.chain.head() }),
    ]);
  }

  /** Plays the chain's part of the effects, and passes the rest on. */
  onChain(effects: readonly CoordinatorEffect[]): readonly CoordinatorEffect[] {
    const rest: CoordinatorEffect[] = [];
    const queue = [...effects];
    for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
      if (effect.type === "sender")
        queue.push(...this.feed({ type: "sender", input: this.chain.sender(effect.effect) }));
      else if (effect.type === "indexer")
        queue.push(...this.feed({ type: "indexer", input: this.chain.indexer(effect.effect) }));
      else rest.push(effect);
    }
    return rest;
  }
}
