// Every option of a coordinator: type, default and help, each written once.
import type { ConfigOf, OptionTable } from "@starling/node-kit";

export const coordinatorOptions = {
  dataDir: {
    type: "path",
    default: "~/.starling/coordinator",
    help: "Folder of the journal, the artifacts, keys and the API token.",
  },
  network: { type: "path", required: true, help: "The network file: chain, contracts, bootstrap addresses." },
  rpcUrl: { type: "string", help: "The chain's JSON-RPC, http(s) or ws(s); overrides the network file's." },
  keyFile: {
    type: "path",
    help: "Key file of the account that sends transactions (default: DATA-DIR/coordinator.key, made at the first start).",
  },
  peerKeyFile: { type: "path", help: "Key file of the peer id (default: DATA-DIR/peer.key, made at the first start)." },
  listen: { type: "list", default: "/ip4/127.0.0.1/tcp/0", help: "Multiaddresses for peers." },
  announce: { type: "list", help: "Multiaddresses to advertise instead of those listened on." },
  bootstrap: { type: "list", help: "Multiaddresses of hubs; overrides the network file's." },
  profile: {
    type: "choice",
    choices: ["small", "public"],
    default: "small",
    help: "Limits of the network: small for one machine or LAN, public for strangers.",
  },
  gossip: { type: "boolean", default: "true", help: "Gossip offers of work." },
  dht: { type: "boolean", default: "true", help: "Serve and use the DHT." },
  apiHost: {
    type: "string",
    default: "127.0.0.1",
    help: "Address of the API; anything but loopback needs a certificate.",
  },
  apiPort: {
    type: "integer",
    default: "0",
    min: 0,
    max: 65_535,
    help: "Port of the API; 0 takes a free one and writes it to DATA-DIR/api.json.",
  },
  tlsKeyFile: { type: "path", help: "PEM key of the API." },
  tlsCertificateFile: { type: "path", help: "PEM certificate of the API." },
  apiKeysFile: {
    type: "path",
    help: 'JSON list of API keys: [{"sha256": "hex of the key\'s hash", "address": "0x..."}].',
  },
  escrowIdle: {
    type: "duration",
    default: "10m",
    min: 1_000,
    help: "An escrow without jobs for so long is paid out and closed.",
  },
  finality: {
    type: "duration",
    default: "5s",
    min: 0,
    help: "How long an accepted result is provisional before it is anchored, counted and read by the reduce step.",
  },
  artifactBytes: { type: "size", default: "20Gi", help: "Room for artifacts; unpinned ones are evicted beyond it." },
  confirmations: {
    type: "integer",
    min: 1,
    max: 1_000,
    help: "Blocks until money counts; overrides the network file's.",
  },
  snapshotFacts: {
    type: "integer",
    default: "20000",
    min: 1,
    max: 10_000_000,
    help: "Facts between two snapshots of the journal, at least.",
  },
  keepHistory: {
    type: "boolean",
    default: "false",
    help: "Keep facts that snapshots make needless, so that the whole journal can be audited. It grows without bound.",
  },
  logLevel: {
    type: "choice",
    choices: ["debug", "info", "warn", "error", "silent"],
    default: "info",
    help: "Least level that is logged.",
  },
  logFormat: { type: "choice", choices: ["json", "text"], help: "Default: text on a terminal, json elsewhere." },
} as const satisfies OptionTable;

export type CoordinatorSettings = ConfigOf<typeof coordinatorOptions>;
