// Performs the worker core's effects: frames that are signed and sent, runs, and questions to the chain.
import {
  type ArtifactStore,
  type EffectContext,
  errorFields,
  type Logger,
  type Network,
  Outbox,
  type PerformChainEffect,
  type Performer,
  type Sealer,
} from "@starling/node-kit";
import {
  type Address,
  type Checkpoint,
  type EscrowId,
  type FailureItem,
  limits,
  type RevealItem,
  type RuntimeClass,
  type TaskOffer,
} from "@starling/protocol";
import type { SenderInput } from "@starling/settlement";
import type { Reveal, WorkerEffect, WorkerInput } from "../core/index.ts";
import type { Executor } from "./executors/executor.ts";
import { framesOf, type SentEffect } from "./frames.ts";
import { judge } from "./judge.ts";
import type { CoordinatorLinks } from "./links.ts";
import { answerChallenge } from "./measure/answer-challenge.ts";
import type { SpareWork } from "./measure/spare-work.ts";
import { MemoryCache } from "./memory-cache.ts";
import { pause } from "./pause.ts";
import type { BlobPeer, WorkerChain } from "./ports.ts";
import { runLease } from "./run-lease.ts";

/** What effects need of the links. */
export type PerformerLinks = Pick<CoordinatorLinks, "to" | "all" | "follow" | "send">;

/** Parts of the world that effects act on. */
export interface PerformerDeps {
  readonly links: PerformerLinks;
  readonly network: Pick<Network, "openStream">;
  readonly sealer: Sealer;
  readonly executors: ReadonlyMap<RuntimeClass, Executor>;
  readonly artifacts: ArtifactStore;
  readonly chain: WorkerChain;
  /** The hot key's transactions. */
  readonly transactions: PerformChainEffect;
  readonly blobsOf: (coordinator: Address) => BlobPeer;
  readonly logger: Logger;
  /** Folder for the inputs of running tasks. */
  readonly runsDir: string;
  /** What the machine does while nobody wants it, on so many cores. */
  readonly spare: SpareWork;
  readonly cores: number;
}

/** A run that may be asked to end, or killed. */
interface UnderWay {
  readonly kill: AbortController;
  readonly stop: AbortController;
}

type Context = EffectContext<WorkerInput>;
type Of<T extends WorkerEffect["type"]> = Extract<WorkerEffect, { type: T }>;

const PUSH_LIMIT_MS = 10 * 60_000;
/** Its task waits for it, and beginning at the beginning is no harm. */
const CHECKPOINT_PUSH_LIMIT_MS = 60_000;
const PUSH_TRIES = 3;
const PUSH_RETRY_MS = 2_000;
/** One upload waits for the other side's disk while the next one sends. */
const PUSHES_AT_ONCE = 2;

/** The world, as the worker's engine sees it. */
export class WorkerPerformer implements Performer<WorkerEffect, WorkerInput> {
  readonly #deps: PerformerDeps;
  readonly #memory: MemoryCache;
  readonly #outbox: Outbox<SentEffect>;
  readonly #runs = new Map<string, UnderWay>();
  readonly #judgements = new Map<string, AbortController>();

  constructor(deps: PerformerDeps) {
    this.#deps = deps;
    this.#memory = new MemoryCache(deps.artifacts);
    this.#outbox = new Outbox((coordinator, entries) => this.#flush(coordinator as Address, entries));
  }

  async perform(effect: WorkerEffect, context: Context): Promise<void> {
    switch (effect.type) {
      case "runLease":
        return await this.#run(effect, context);
      case "killRun":
        this.#runs.get(effect.leaseId)?.kill.abort(new Error("the lease ended"));
        return;
      case "stopRun":
        this.#runs.get(effect.leaseId)?.stop.abort(new Error("the machine is wanted"));
        return;
      case "sendCheckpoints":
        return await this.#tellCheckpoints(effect, context.signal);
      case "sendFailures":
        return await this.#fail(effect, context.signal);
      case "refreshAllotment":
        return await this.#refresh(effect.escrowId, context);
      case "refreshPledge":
        return await this.#refreshPledge(effect, context);
      case "readClaims": {
        const seen = await this.#deps.chain.claims(effect.escrowIds, context.signal);
        context.feedback({ type: "claimsSeen", ...seen });
        return;
      }
      case "readCredits": {
        const seen = await this.#deps.chain.credits(effect.accounts, context.signal);
        context.feedback({ type: "creditsSeen", ...seen });
        return;
      }
      case "readJuries": {
        const seen = await this.#deps.chain.juries(effect.afterBlock, context.signal);
        context.feedback({ type: "juriesSeen", ...seen });
        return;
      }
      case "answerChallenge": {
        const { coordinator, challenge, answerMs } = effect;
        const { cores, spare } = this.#deps;
        const product = await spare.run(context.signal, (signal) =>
          answerChallenge(challenge, { answerMs, cores, signal }),
        );
        context.feedback({ type: "challengeComputed", coordinator, seed: challenge.seed, product });
        return;
      }
      case "endSpareWork":
        this.#deps.spare.end();
        return;
      case "judgeTask":
        return await this.#judge(effect, context);
      case "endJudging":
        this.#judgements.get(effect.dutyId)?.abort(new Error("the owner has taken the machine back"));
        return;
      case "sender":
        return await this.#transact(effect.effect, context);
      case "followOffer":
        return await this.#follow(effect.offer, context.signal);
      case "sendReveals":
        return await this.#reveal(effect, context.signal);
      default:
        return await this.#outbox.put(effect.coordinator, effect);
    }
  }

  async #refresh(escrowId: EscrowId, context: Context): Promise<void> {
    const found = await this.#deps.chain.allotment(escrowId, context.signal);
    if (found !== null) context.feedback({ type: "allotmentSeen", escrowId, ...found });
  }

  // Null: the node could not say; the machine asks again at a later head.
  async #transact(effect: Of<"sender">["effect"], context: Context): Promise<void> {
    const input = await this.#deps.transactions(effect, { signal: context.signal });
    if (input !== null) context.feedback({ type: "sender", input: input as SenderInput });
  }

  // A run that was cut off by the daemon's stop is no vote: it is run again after the restart.
  async #judge({ dutyId, drawn }: Of<"judgeTask">, { signal, feedback }: Context): Promise<void> {
    const controller = new AbortController();
    this.#judgements.set(dutyId, controller);
    const deps = { ...this.#deps, memory: this.#memory };
    const result = await judge(drawn, deps, AbortSignal.any([signal, controller.signal])).catch((error: unknown) => {
      if (signal.aborted || !controller.signal.aborted) throw error;
      return { kind: "later", reason: "the owner has taken the machine back" } as const;
    });
    if (this.#judgements.get(dutyId) === controller) this.#judgements.delete(dutyId);
    this.#deps.logger.info("dispute judged", { dutyId, ...result });
    if (!signal.aborted) feedback({ type: "taskJudged", dutyId, result });
  }

  async #refreshPledge({ escrowId, others }: Of<"refreshPledge">, context: Context): Promise<void> {
    const found = await this.#deps.chain.pledge(escrowId, others, context.signal);
    if (found !== null) context.feedback({ type: "pledgeSeen", escrowId, ...found });
  }

  async #follow(offer: TaskOffer, signal: AbortSignal): Promise<void> {
    const { chain, links, logger } = this.#deps;
    const { coordinator, coordinatorPeerId: peerId, addresses, escrowId } = offer;
    const refusal = await chain.refusalOf(offer, signal);
    if (refusal !== null) logger.info("offer not followed", { coordinator, escrowId, reason: refusal });
    else links.follow({ peerId, addresses, coordinator, source: "offer" });
  }

  async #run({ lease, coordinator, devices, resume }: Of<"runLease">, context: Context): Promise<void> {
    const { artifacts, executors, runsDir, blobsOf } = this.#deps;
    const { leaseId, attempt } = lease;
    const executor = executors.get(lease.task.runtimeClass);
    // The core takes leases of its own classes only.
    if (executor === undefined) throw new Error(`class ${lease.task.runtimeClass} does not run here`);
    const underWay = { kill: new AbortController(), stop: new AbortController() };
    this.#runs.set(leaseId, underWay);
    const deps = { artifacts, executor, runsDir, memory: this.#memory, peer: blobsOf(coordinator) };
    const result = await runLease({ ...lease, devices, resume }, deps, {
      signal: AbortSignal.any([underWay.kill.signal, context.signal]),
      stop: underWay.stop.signal,
      onCheckpoints: (checkpoints) => context.feedback({ type: "checkpointsKept", leaseId, attempt, checkpoints }),
      onProgress: ({ done, total }) => context.feedback({ type: "runProgressed", leaseId, done, total }),
    });
    if (this.#runs.get(leaseId) === underWay) this.#runs.delete(leaseId);
    // A run that was cut off by the daemon's stop is not a result: it is run again after the restart.
    if (context.signal.aborted) return;
    context.feedback({ type: "runFinished", leaseId, attempt, result });
  }

  // Large outputs leave before the frame that names them, and hold back neither the heartbeats nor the small ones.
  async #reveal({ coordinator, escrowId, fine, items }: Of<"sendReveals">, signal: AbortSignal): Promise<void> {
    if (this.#deps.links.to(coordinator) === undefined) return;
    const small = items.filter((item) => bytesOf(item) <= limits.inlineBytes);
    const filled = (await Promise.all(small.map((item) => this.#inlined(item)))).filter((item) => item !== null);
    const sent: Promise<void>[] = [];
    if (filled.length > 0)
      sent.push(this.#outbox.put(coordinator, { type: "sendReveals", coordinator, escrowId, fine, items: filled }));
    const large = items.filter((item) => !small.includes(item)).values();
    const lanes = Array.from({ length: PUSHES_AT_ONCE }, async () => {
      for (const item of large) {
        await this.#pushOutputs(coordinator, item, signal);
        const items = [{ ...item, inline: [] }];
        sent.push(this.#outbox.put(coordinator, { type: "sendReveals", coordinator, escrowId, fine, items }));
      }
    });
    // A lane that fails does not cut off what the other one sends.
    const ends = await Promise.allSettled(lanes);
    await Promise.all([...sent, ...ends.map((end) => (end.status === "rejected" ? Promise.reject(end.reason) : null))]);
  }

  async #tellCheckpoints(effect: Of<"sendCheckpoints">, signal: AbortSignal): Promise<void> {
    const { coordinator, lease } = effect;
    // One that could not be sent is told with the next.
    if (await this.#pushNewest(coordinator, lease.checkpoints, signal)) await this.#outbox.put(coordinator, effect);
  }

  // How far it has come goes first: whoever has the task next may go on from there.
  async #fail({ coordinator, items }: Of<"sendFailures">, signal: AbortSignal): Promise<void> {
    const put = (item: FailureItem): Promise<void> =>
      this.#outbox.put(coordinator, { type: "sendFailures", coordinator, items: [item] });
    const sent = items.map(async ({ checkpoints, ...item }) => {
      const isThere = await this.#pushNewest(coordinator, checkpoints, signal);
      await put(isThere && checkpoints !== undefined ? { ...item, checkpoints } : item);
    });
    await Promise.all(sent);
  }

  async #pushNewest(
    coordinator: Address,
    checkpoints: readonly Checkpoint[] = [],
    signal: AbortSignal,
  ): Promise<boolean> {
    const newest = checkpoints.at(-1);
    if (newest === undefined || this.#deps.links.to(coordinator) === undefined) return true;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(CHECKPOINT_PUSH_LIMIT_MS)]);
    try {
      await this.#deps.blobsOf(coordinator).push(newest.cid, limited);
      return true;
    } catch (error) {
      this.#deps.logger.info("a checkpoint was not sent", { coordinator, step: newest.step, ...errorFields(error) });
      return false;
    }
  }

  // A lost output fails its own reveal and none beside it: that lease runs out, and its task goes to somebody else.
  async #inlined(item: Reveal): Promise<RevealItem | null> {
    try {
      const read = item.outputs.map(async ({ cid, size }) => ({ cid, bytes: await this.#memory.read({ cid, size }) }));
      return { ...item, inline: await Promise.all(read) };
    } catch (error) {
      const { leaseId } = item;
      this.#deps.logger.error("an answer cannot be shown: its outputs are lost", { leaseId, ...errorFields(error) });
      return null;
    }
  }

  // After the last try it is left to the next greeting, which says everything again.
  async #pushOutputs(coordinator: Address, item: Reveal, signal: AbortSignal): Promise<void> {
    const peer = this.#deps.blobsOf(coordinator);
    for (let tries = 1; ; tries += 1) {
      try {
        const limited = AbortSignal.any([signal, AbortSignal.timeout(PUSH_LIMIT_MS)]);
        for (const { cid } of item.outputs) await peer.push(cid, limited);
        return;
      } catch (error) {
        if (tries >= PUSH_TRIES || signal.aborted) throw error;
        await pause(PUSH_RETRY_MS, signal);
      }
    }
  }

  async #flush(coordinator: Address, entries: readonly SentEffect[]): Promise<void> {
    const { links, sealer } = this.#deps;
    // Nothing is signed for a coordinator that isn't there: the core says it again after the next greeting.
    if (links.to(coordinator) === undefined) return;
    for (const message of framesOf(sealer, entries)) await links.send(coordinator, message);
  }
}

function bytesOf(item: Reveal): number {
  return item.outputs.reduce((sum, { size }) => sum + size, 0);
}
