// Performs the coordinator core's effects: frames to workers, offers on gossip, anchors, and what the settlement machines ask of the chain.
import {
  type ArtifactStore,
  type Network,
  Outbox,
  type PerformChainEffect,
  type Performer,
  type Sealer,
  sealRoot,
} from "@starling/node-kit";
import { type Address, encodeTaskOffer, offerTopic, type TaskOffer } from "@starling/protocol";
import type { IndexerInput, SenderInput } from "@starling/settlement";
import type { CoordinatorEffect, CoordinatorInput } from "../core/index.ts";
import { AnswerChecks } from "./challenge/answer-checks.ts";
import { compareOutputs } from "./compare-outputs.ts";
import { framesOf, type SentEffect } from "./frames.ts";
import type { WorkerSessions } from "./sessions.ts";

export interface PerformerDeps {
  readonly sessions: WorkerSessions;
  readonly network: Network;
  readonly artifacts: Pick<ArtifactStore, "open">;
  readonly sealer: Sealer;
  readonly chain: PerformChainEffect;
  readonly signOffer: (offer: TaskOffer) => `0x${string}`;
}

export interface PerformerOptions {
  readonly networkId: string;
  readonly coordinator: Address;
}

type Context = Parameters<Performer<CoordinatorEffect, CoordinatorInput>["perform"]>[1];

export class CoordinatorPerformer implements Performer<CoordinatorEffect, CoordinatorInput> {
  readonly #deps: PerformerDeps;
  readonly #options: PerformerOptions;
  readonly #outbox: Outbox<SentEffect>;
  readonly #checks = new AnswerChecks();

  constructor(deps: PerformerDeps, options: PerformerOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#outbox = new Outbox((worker, entries) => this.#flush(worker as Address, entries));
  }

  async perform(effect: CoordinatorEffect, context: Context): Promise<void> {
    switch (effect.type) {
      case "refuseWorker":
        return await this.#deps.sessions.refuse(effect.worker, effect);
      case "publishOffer":
        return await this.#publish(effect.offer);
      case "signAnchor": {
        const { escrowId, batch, root, count } = effect;
        const signed = sealRoot(this.#deps.sealer, { kind: "anchor", root, count });
        context.feedback({ type: "anchorSigned", escrowId, batch, signed });
        return;
      }
      case "compareOutputs": {
        const { taskId, reference, answer } = effect;
        const outputs = await compareOutputs(effect, { artifacts: this.#deps.artifacts, signal: context.signal });
        context.feedback({ type: "outputsCompared", taskId, reference, answer, outputs });
        return;
      }
      case "checkChallenge": {
        const { subject: worker, challenge, product, key } = effect;
        const isRight = await this.#checks.check({ challenge, product, key }, { signal: context.signal });
        context.feedback({ type: "challengeChecked", worker, seed: challenge.seed, isRight });
        return;
      }
      case "sender": {
        // Null: the node could not say; the machine asks again at a later head.
        const input = await this.#deps.chain(effect.effect, { signal: context.signal });
        if (input !== null) context.feedback({ type: "sender", input: input as SenderInput });
        return;
      }
      case "indexer": {
        const input = await this.#deps.chain(effect.effect, { signal: context.signal });
        if (input !== null) context.feedback({ type: "indexer", input: input as IndexerInput });
        return;
      }
      default:
        return await this.#outbox.put(effect.worker, effect);
    }
  }

  async #flush(worker: Address, entries: readonly SentEffect[]): Promise<void> {
    const { sessions, sealer } = this.#deps;
    // Nothing is signed for a worker that isn't there: the core says it again after the next hello.
    if (!sessions.isConnected(worker)) return;
    for (const message of framesOf(sealer, worker, entries)) await sessions.send(worker, message);
  }

  async #publish(open: Extract<CoordinatorEffect, { type: "publishOffer" }>["offer"]): Promise<void> {
    const { network, signOffer } = this.#deps;
    const { networkId, coordinator } = this.#options;
    const offer: TaskOffer = {
      ...open,
      networkId,
      coordinator,
      coordinatorPeerId: network.peerId,
      addresses: network.addresses(),
    };
    await network.publish(
      offerTopic(networkId, offer.runtimeClass),
      encodeTaskOffer({ offer, signature: signOffer(offer) }),
    );
  }
}
