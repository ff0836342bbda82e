// The worker's place in the network: which file describes it, which chain it uses, which node it opens.
import { readFileSync } from "node:fs";
import {
  type ChainNetwork,
  ChainQueries,
  ConfigError,
  JuryQueries,
  type Network,
  openNetwork,
  RpcClient,
  threadCodecUrl,
} from "@starling/node-kit";
import {
  announcementTopic,
  blobProtocol,
  disputeProtocol,
  limits,
  type NetworkFile,
  offerTopic,
  parseNetworkFile,
  recordProtocol,
  signingDomainOf,
  workProtocol,
} from "@starling/protocol";
import type { WorkerSettings } from "../config.ts";
import { knownClasses } from "./executor-table.ts";
import type { WorkerKeys } from "./identity.ts";

/** Reads the network file; throws `ConfigError`. */
export function readNetworkFile(path: string): NetworkFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new ConfigError([`--network: ${path} can't be read. It is the file that describes the network to join`]);
  }
  const parsed = parseNetworkFile(text);
  if (!parsed.ok) throw new ConfigError([`--network: ${path} is not a network file: ${parsed.problem}`]);
  return parsed.network;
}

/** The network's chain with a client and queries; nothing is asked yet. Throws `ConfigError` when nothing names a node. */
export function chainOf(
  file: NetworkFile,
  rpcUrl: string | undefined,
): {
  readonly rpc: RpcClient;
  readonly queries: ChainQueries;
  readonly court: JuryQueries;
  readonly network: ChainNetwork;
} {
  const url = rpcUrl ?? file.rpcUrl;
  if (url === undefined)
    throw new ConfigError(["--rpc-url is missing, and the network file names no node of the chain"]);
  // A worker never calls the access manager, so the network file does not name it.
  const nobody = `0x${"0".repeat(40)}` as const;
  const network: ChainNetwork = {
    chainId: file.chainId,
    contracts: { ...file.contracts, accessManager: nobody },
    startBlock: 0,
  };
  const rpc = new RpcClient(url);
  return { rpc, queries: new ChainQueries(rpc, network), court: new JuryQueries(rpc, network), network };
}

/** What the node is opened with. */
export interface NodeParts {
  readonly file: NetworkFile;
  readonly keys: WorkerKeys;
  readonly bootstrap: readonly string[];
  readonly peerCachePath: string;
}

/** Opens the node: a client of the DHT with a narrow gossip mesh. */
export function openNode(settings: WorkerSettings, parts: NodeParts): Promise<Network> {
  const { file, keys } = parts;
  const { networkId } = file;
  // The classes that work here are not known yet; a topic costs nothing before it is subscribed.
  const topics = [...knownClasses.map((name) => offerTopic(networkId, name)), announcementTopic(networkId)];
  return openNetwork({
    networkId,
    privateKey: keys.peerSeed,
    listen: settings.listen,
    ...(settings.announce === undefined ? {} : { announce: settings.announce }),
    ...(settings.dialFrom === undefined ? {} : { dialFrom: settings.dialFrom }),
    bootstrap: parts.bootstrap,
    role: "client",
    profile: settings.profile,
    topics: topics.map((name) => ({ name, maxBytes: limits.gossipBytes })),
    protocols: [
      { name: workProtocol, frameBytesMax: limits.workFrameBytes },
      { name: blobProtocol, frameBytesMax: limits.blobFrameBytes },
      { name: recordProtocol, frameBytesMax: limits.recordBytes },
      { name: disputeProtocol, frameBytesMax: limits.workFrameBytes },
    ],
    dht: settings.dht,
    gossip: settings.gossip,
    peerCachePath: parts.peerCachePath,
    codecModule: threadCodecUrl({
      domain: signingDomainOf(file),
      networkId,
      role: "worker",
      account: keys.wallet.address,
    }),
  });
}
