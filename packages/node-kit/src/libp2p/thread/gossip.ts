// Gossip in the network thread: checks what goes out and what comes in, and never lets the main thread be flooded.
import { type GossipSub, type Message, TopicValidatorResult } from "@libp2p/gossipsub";
import type { GossipJudgement, NetworkCodec } from "../codec.ts";
import { NetworkError } from "../errors.ts";
import { gossipInFlightMax, gossipPerSecondMax } from "../limits.ts";
import type { Post } from "../messages.ts";
import type { NetworkOptions, TopicRule } from "../network.ts";
import { RateBuckets } from "../rate-bucket.ts";
import { scoreThresholds } from "./gossip-config.ts";

/** What gossip needs. */
export interface GossipContext {
  readonly pubsub: GossipSub;
  readonly codec: NetworkCodec;
  readonly post: Post;
  readonly options: NetworkOptions;
  /** Refuses a peer from now on, and ends its connections. */
  readonly deny: (peerId: string) => void;
}

const verdicts = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
} as const;

/** How many authors' rates are remembered per topic. */
const authorsMax = 4_096;

interface Topic {
  readonly rule: TopicRule;
  readonly outgoing: RateBuckets;
  readonly incoming: RateBuckets;
}

/** The gossip of one node. */
export class Gossip {
  readonly #context: GossipContext;
  readonly #topics: ReadonlyMap<string, Topic>;
  /** An accepted message's bytes and what the codec made of them, between its validation and its delivery. */
  readonly #accepted = new WeakMap<Message, { readonly data: Uint8Array<ArrayBuffer>; readonly decoded: unknown }>();
  #inFlight = 0;
  readonly counts = { received: 0, dropped: 0, rejected: 0 };

  constructor(context: GossipContext) {
    this.#context = context;
    this.#topics = new Map(context.options.topics.map((rule) => [rule.name, newTopic(rule)]));
    const { pubsub } = context;
    for (const name of this.#topics.keys()) {
      pubsub.topicValidators.set(name, async (_peer, message) => verdicts[await this.#judge(message)]);
    }
    pubsub.addEventListener("message", (event) => this.#deliver(event.detail));
    pubsub.addEventListener("subscription-change", (event) => {
      const peerId = event.detail.peerId.toString();
      for (const { topic, subscribe } of event.detail.subscriptions) {
        if (subscribe && this.#topics.has(topic)) context.post({ kind: "subscriber", peerId, topic });
      }
    });
    pubsub.addEventListener("gossipsub:heartbeat", () => this.#denyTheWorst());
  }

  subscribe(topic: string): void {
    this.#topic(topic);
    this.#context.pubsub.subscribe(topic);
  }

  async publish(topic: string, data: Uint8Array): Promise<{ recipients: number }> {
    const { rule, outgoing } = this.#topic(topic);
    if (data.byteLength > rule.maxBytes) {
      throw new NetworkError("MessageTooLarge", `${data.byteLength} bytes for ${topic}, ${rule.maxBytes} are allowed`);
    }
    if (!outgoing.take("", performance.now())) {
      throw new NetworkError("PublishRateExceeded", `more than ${perSecond(rule)} messages a second on ${topic}`);
    }
    const { recipients } = await this.#context.pubsub.publish(topic, data);
    return { recipients: recipients.length };
  }

  /** The main thread consumed messages. */
  credit(messages: number): void {
    this.#inFlight -= messages;
  }

  /** The cheapest checks come first; "reject" is for faults that the neighbour should have seen itself. */
  async #judge(message: Message): Promise<"accept" | "ignore" | "reject"> {
    const topic = this.#topics.get(message.topic);
    if (topic === undefined || message.type !== "signed") return "reject";
    if (message.data.byteLength > topic.rule.maxBytes) return this.#rejected();
    const from = message.from.toString();
    if (!topic.incoming.take(from, performance.now())) return "ignore";
    // A copy of its own: what the codec returns may refer to it, and both are handed to the other thread.
    const data = new Uint8Array(message.data);
    const judgement = await this.#ask(message.topic, from, data);
    if (judgement.verdict === "reject") return this.#rejected();
    if (judgement.verdict === "accept") this.#accepted.set(message, { data, decoded: judgement.decoded });
    return judgement.verdict;
  }

  async #ask(topic: string, from: string, data: Uint8Array): Promise<GossipJudgement> {
    const { codec } = this.#context;
    if (codec.validateGossip === undefined) return { verdict: "accept" };
    try {
      const judgement = await codec.validateGossip(topic, from, data);
      return typeof judgement === "string" ? { verdict: judgement } : judgement;
    } catch {
      // Bytes that break the decoder are a provable fault of whoever sent them.
      return { verdict: "reject" };
    }
  }

  #rejected(): "reject" {
    this.counts.rejected += 1;
    return "reject";
  }

  #deliver(message: Message): void {
    const accepted = this.#accepted.get(message);
    if (message.type !== "signed" || accepted === undefined) return;
    if (this.#inFlight >= (this.#context.options.gossipInFlightMax ?? gossipInFlightMax)) {
      this.counts.dropped += 1;
      return;
    }
    this.#inFlight += 1;
    this.counts.received += 1;
    const { topic, from } = message;
    this.#context.post({ kind: "gossip", topic, from: from.toString(), ...accepted }, [accepted.data.buffer]);
  }

  /** Gossipsub only stops listening to a peer with a ruined score; we end the connection, since it costs memory and CPU. */
  #denyTheWorst(): void {
    const { pubsub, deny } = this.#context;
    for (const peer of pubsub.getPeers()) {
      if (scoreOf(pubsub, peer.toString()) < scoreThresholds.graylistThreshold) deny(peer.toString());
    }
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new NetworkError("TopicUnknown", `${name} is not a topic of this network`);
    return topic;
  }
}

function perSecond(rule: TopicRule): number {
  return rule.messagesPerSecondMax ?? gossipPerSecondMax;
}

function newTopic(rule: TopicRule): Topic {
  const rate = perSecond(rule);
  return {
    rule,
    outgoing: new RateBuckets({ perSecond: rate, burst: rate, keysMax: 1 }),
    // Twice the burst: messages bunch up on their way.
    incoming: new RateBuckets({ perSecond: rate, burst: 2 * rate, keysMax: authorsMax }),
  };
}

/** The published interface leaves the score out, the class has it. */
function scoreOf(pubsub: GossipSub & { getScore?: (peerId: string) => number }, peerId: string): number {
  return pubsub.getScore?.(peerId) ?? 0;
}
