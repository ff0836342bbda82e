// Builds the libp2p node: the only place where its parts and settings come together.
import { generateKeyPairFromSeed, privateKeyFromProtobuf, privateKeyFromRaw } from "@libp2p/crypto/keys";
import type { GossipSub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import type { Libp2p, PrivateKey } from "@libp2p/interface";
import { type KadDHT, kadDHT, passthroughMapper, removePrivateAddressesMapper } from "@libp2p/kad-dht";
import { noise } from "@libp2p/noise";
import { ping } from "@libp2p/ping";
import { type TCPSocketOptions, tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { createLibp2p, type Libp2pOptions } from "libp2p";
import type { NetworkCodec } from "../codec.ts";
import type { NetworkOptions } from "../network.ts";
import { type Profile, profiles } from "../profiles.ts";
import { recordSelector, recordValidator, workerNamespace } from "./directory-records.ts";
import type { Gatekeeper } from "./gatekeeper.ts";
import { gossipService } from "./gossip-config.ts";
import { joinedWrites } from "./joined-writes.ts";

/** A node and those of its services that are switched on. */
export interface Node {
  readonly libp2p: Libp2p;
  readonly pubsub: GossipSub | undefined;
  readonly dht: KadDHT | undefined;
}

/** Provider records die with their workers: they live ten minutes and are renewed in time. */
const reprovide = { validity: 600_000, interval: 60_000, threshold: 300_000 } as const;

/** The address that nodes without an Ethernet of their own dial from; TCP takes it though its types don't list it. */
type DialSocketOptions = TCPSocketOptions & { readonly localAddress: string };

/** Creates the node without starting it. */
export async function createNode(options: NetworkOptions, codec: NetworkCodec, gatekeeper: Gatekeeper): Promise<Node> {
  const profile = profiles[options.profile];
  const libp2p = await createLibp2p({
    start: false,
    privateKey: await privateKeyOf(options.privateKey),
    addresses: { listen: [...options.listen], announce: [...(options.announce ?? [])] },
    transports: [tcp(dialSocketOptions(options.dialFrom))],
    connectionEncrypters: [joinedWrites(noise())],
    streamMuxers: [yamux(muxerOptions(profile))],
    ...connectionOptions(options, profile),
    connectionGater: gatekeeper.gater(),
    services: {
      identify: identify(),
      ping: ping(),
      ...(options.gossip ? { pubsub: gossipService(options) } : {}),
      ...(options.dht ? { dht: directoryService(options, codec) } : {}),
    },
  });
  gatekeeper.watch(libp2p);
  // The service map is optional part by part, which its inferred type can't say.
  const services = libp2p.services as { readonly pubsub?: GossipSub; readonly dht?: KadDHT };
  return { libp2p, pubsub: services.pubsub, dht: services.dht };
}

function dialSocketOptions(dialFrom: string | undefined) {
  if (dialFrom === undefined) return {};
  const dialOpts: DialSocketOptions = { localAddress: dialFrom };
  return { dialOpts };
}

function muxerOptions(profile: Profile) {
  return {
    maxInboundStreams: profile.muxedInboundMax,
    streamOptions: {
      maxStreamWindowSize: profile.streamWindowBytes,
      maxReadBufferLength: profile.streamBufferBytes,
    },
  };
}

function connectionOptions(options: NetworkOptions, profile: Profile): Libp2pOptions {
  return {
    connectionManager: {
      maxConnections: options.connectionsMax ?? profile.connectionsMax,
      maxIncomingPendingConnections: profile.pendingInboundMax,
      inboundConnectionThreshold: profile.inboundPerSecondPerHost,
      inboundUpgradeTimeout: profile.inboundUpgradeMs,
      // Reconnecting is done by redial.ts: this one gives up after five attempts.
      reconnectRetries: 0,
    },
    connectionMonitor:
      profile.pingEveryMs === 0 ? { enabled: false } : { enabled: true, pingInterval: profile.pingEveryMs },
  };
}

function directoryService(options: NetworkOptions, codec: NetworkCodec) {
  return kadDHT({
    protocol: `/starling/${options.networkId}/kad/1.0.0`,
    // Said outright: left to itself a node on private addresses never becomes a server, and the DHT stays empty.
    clientMode: options.role === "client",
    peerInfoMapper: profiles[options.profile].privateAddresses ? passthroughMapper : removePrivateAddressesMapper,
    // Safe when short: the query itself waits for the first peer.
    initialQuerySelfInterval: 100,
    reprovide,
    validators: { [workerNamespace]: recordValidator(codec) },
    selectors: { [workerNamespace]: recordSelector(codec) },
  });
}

/** Reads an Ed25519 key by its length: 32 bytes are a seed, 64 libp2p's raw form, anything else its protobuf. */
async function privateKeyOf(bytes: Uint8Array): Promise<PrivateKey> {
  if (bytes.byteLength === 32) return generateKeyPairFromSeed("Ed25519", bytes);
  return bytes.byteLength === 64 ? privateKeyFromRaw(bytes) : privateKeyFromProtobuf(bytes);
}
