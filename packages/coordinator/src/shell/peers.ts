// The coordinator among its peers: the network thread, work and blob streams, the DHT entry, and what gossip tells of workers.
import {
  type ArtifactStore,
  type Logger,
  type Network,
  openNetwork,
  peerIdOfKey,
  serveBlobs,
  serveDialBack,
  threadCodecUrl,
} from "@starling/node-kit";
import {
  type Address,
  announcementTopic,
  blobProtocol,
  coordinatorKeys,
  disputeProtocol,
  limits,
  offerTopic,
  type RuntimeClass,
  recordProtocol,
  type SigningDomain,
  workProtocol,
} from "@starling/protocol";
import type { CoordinatorSettings } from "../config.ts";
import type { DiscoverySource } from "../core/index.ts";
import type { WorkerSessions } from "./sessions.ts";
import type { UploadQuota } from "./upload-quota.ts";

export interface PeerOptions {
  readonly networkId: string;
  readonly domain: SigningDomain;
  readonly account: Address;
  readonly peerSeed: Uint8Array;
  readonly bootstrap: readonly string[];
  readonly settings: CoordinatorSettings;
  readonly peerCachePath: string;
}

const CLASSES: readonly RuntimeClass[] = ["wasm", "cpu", "cpu-image", "cpu-root", "gpu", "gpu-tolerant"];
/** One level of shards is enough for a few thousand nodes; small networks have none. */
const SHARD_DEPTH = 0;
/** How many peers are remembered as "heard of by gossip". */
const HEARD_MAX = 10_000;

/** Opens the node; a coordinator is a hub: DHT server and gossip neighbour of many. */
export function openPeers(options: PeerOptions): Promise<Network> {
  const { settings, networkId, domain, account } = options;
  return openNetwork({
    networkId,
    privateKey: options.peerSeed,
    listen: settings.listen,
    ...(settings.announce === undefined ? {} : { announce: settings.announce }),
    // The network file is the same for everybody, and may name this node.
    bootstrap: options.bootstrap.filter((address) => !address.endsWith(`/p2p/${peerIdOfKey(options.peerSeed)}`)),
    role: "hub",
    profile: settings.profile,
    topics: [...CLASSES.map((name) => offerTopic(networkId, name)), announcementTopic(networkId)].map((name) => ({
      name,
      maxBytes: limits.gossipBytes,
    })),
    protocols: [
      { name: workProtocol, frameBytesMax: limits.workFrameBytes },
      { name: blobProtocol, frameBytesMax: limits.blobFrameBytes },
      { name: recordProtocol, frameBytesMax: limits.recordBytes },
      { name: disputeProtocol, frameBytesMax: limits.workFrameBytes },
    ],
    dht: settings.dht,
    gossip: settings.gossip,
    peerCachePath: options.peerCachePath,
    codecModule: threadCodecUrl({ domain, networkId, role: "coordinator", account }),
  });
}

/** By which way each peer was first heard of. */
export class HeardPeers {
  readonly #sources = new Map<string, DiscoverySource>();

  note(peerId: string, source: DiscoverySource): void {
    if (this.#sources.has(peerId) || this.#sources.size >= HEARD_MAX) return;
    this.#sources.set(peerId, source);
  }

  /** A peer of which nobody spoke has dialled by itself. */
  sourceOf(peerId: string): DiscoverySource {
    return this.#sources.get(peerId) ?? "dial";
  }
}

/** Serves workers: their work streams and files, and the coordinator's place in the DHT and on gossip. */
export async function servePeers(
  network: Network,
  parts: {
    readonly sessions: WorkerSessions;
    readonly quota: UploadQuota;
    readonly artifacts: ArtifactStore;
    readonly heard: HeardPeers;
    readonly logger: Logger;
  },
  options: PeerOptions,
): Promise<void> {
  const { sessions, quota, artifacts, heard, logger } = parts;
  const { settings, networkId } = options;
  network.onWarning((warning) => logger.warn("network warning", { code: warning.code, text: warning.message }));
  await network.handle(workProtocol, (stream) => sessions.accept(stream));
  await serveDialBack(network);
  await serveBlobs(network, artifacts, {
    // Inputs go to whoever knows their id; outputs are taken from greeted workers that owe an answer, and no more than it may bring.
    mayGet: () => true,
    mayPut: (peerId, size) => size <= limits.outputBytes && quota.allows(peerId, size),
    onPut: (peerId, file) => quota.note(peerId, file),
  });
  if (settings.gossip) {
    network.onGossip(({ from, topic }) => {
      if (topic === announcementTopic(networkId)) heard.note(from, "gossip");
    });
    network.subscribe(announcementTopic(networkId));
    for (const name of CLASSES) network.subscribe(offerTopic(networkId, name));
  }
  if (settings.dht) {
    const keys = coordinatorKeys({ networkId, shardDepth: SHARD_DEPTH }, { peerId: network.peerId, classes: CLASSES });
    for (const key of keys) {
      network
        .provide(key)
        .catch((error: unknown) => logger.warn("not provided in the DHT", { key, error: String(error) }));
    }
  }
}
