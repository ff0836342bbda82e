// How gossipsub is set up: signed messages, our topics only, scores that punish, bounds on everything decoded.
import { hash } from "node:crypto";
import { type GossipSub, type GossipSubComponents, gossipsub, type Message, StrictSign } from "@libp2p/gossipsub";
import { defaultTopicScoreParams, type TopicScoreParams } from "@libp2p/gossipsub/score";
import { gossipRpcBytesMax } from "../limits.ts";
import type { NetworkOptions } from "../network.ts";
import { profiles } from "../profiles.ts";

/**
 * Scores below which a neighbour loses rights. The penalty is 20 times the square of its invalid messages (which decay by one
 * percent a second), so five of them end gossip, ten publishing, and twenty everything.
 */
export const scoreThresholds = {
  gossipThreshold: -400,
  publishThreshold: -1_800,
  graylistThreshold: -7_000,
} as const;

/** The score parameters of each of our topics; with the defaults, invalid messages cost nothing at all. */
const topicScore: TopicScoreParams = {
  ...defaultTopicScoreParams,
  topicWeight: 1,
  // Time in the mesh counts in milliseconds by default, and hides every penalty.
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0,
  // Our topics are quiet: a neighbour that delivers nothing has done nothing wrong.
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -20,
  invalidMessageDeliveriesDecay: 0.99,
};

/** Bounds on what one RPC may hold, far above what our few quiet topics need. */
const decodeRpcLimits = {
  maxSubscriptions: 64,
  maxMessages: 64,
  maxIhaveMessageIDs: 500,
  maxIwantMessageIDs: 500,
  maxIdontwantMessageIDs: 128,
  maxControlMessages: 64,
  maxPeerInfos: 16,
} as const;

/**
 * Names a message by author, topic and content: signing the same bytes again does not make a new message, and nobody else can
 * take the name away by signing them first.
 */
function messageId(message: Message): Uint8Array {
  const from = message.type === "signed" ? message.from.toString() : "";
  const head = Buffer.from(`${from}\n${message.topic}\n`);
  return hash("sha256", Buffer.concat([head, message.data]), "buffer");
}

/** The gossip service for these options. */
export function gossipService(options: NetworkOptions): (components: GossipSubComponents) => GossipSub {
  const profile = profiles[options.profile];
  const names = options.topics.map((topic) => topic.name);
  return gossipsub({
    ...(options.role === "hub" ? profile.hubMesh : profile.clientMesh),
    heartbeatInterval: profile.heartbeatMs,
    mcacheGossip: profile.historyHeartbeats,
    mcacheLength: profile.historyHeartbeats + 2,
    globalSignaturePolicy: StrictSign,
    emitSelf: false,
    fallbackToFloodsub: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    // A hub that floods 300 neighbours pays three times the CPU of one that trusts the mesh.
    floodPublish: false,
    doPX: false,
    allowedTopics: names,
    msgIdFn: messageId,
    // Duplicates are recognised by their signature before it is verified again: a third less CPU. Only verified ones enter.
    fastMsgIdFn: (message) => Buffer.from(message.signature ?? []).toString("latin1"),
    // A starved event loop answers late, and should not lose its good name for that.
    gossipsubIWantFollowupMs: 12_000,
    maxInboundDataLength: gossipRpcBytesMax,
    maxOutboundBufferSize: 16 * gossipRpcBytesMax,
    maxTopicBytesPerPeer: 65_536,
    decodeRpcLimits,
    scoreParams: {
      IPColocationFactorWeight: profile.colocationWeight,
      topics: Object.fromEntries(names.map((name) => [name, topicScore])),
    },
    scoreThresholds,
  });
}
