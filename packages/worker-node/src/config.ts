// Every option of a worker: type, default and help, each written once.
import type { ConfigOf, OptionTable } from "@starling/node-kit";

export const workerOptions = {
  dataDir: { type: "path", default: "~/.starling/worker", help: "Folder of the journal, the artifacts and the keys." },
  network: {
    type: "path",
    required: true,
    help: "The network file: chain, contracts, coordinators, bootstrap addresses.",
  },
  rpcUrl: { type: "string", help: "The chain's JSON-RPC, http(s) or ws(s); overrides the network file's." },
  keyFile: {
    type: "path",
    help: "Key file of the hot key that signs results and is paid (default: DATA-DIR/worker.key, made at the first start).",
  },
  peerKeyFile: { type: "path", help: "Key file of the peer id (default: DATA-DIR/peer.key, made at the first start)." },
  registrationFile: {
    type: "path",
    help: "The operator's signed registration of this worker, JSON (default: DATA-DIR/registration.json).",
  },
  pricePerTask: { type: "string", default: "0.01 USD", help: "Least pay for one task." },
  pledgePerEscrow: {
    type: "string",
    default: "20 USD",
    help: "Most of the operator's stake that this worker pledges to one payer's escrow: what wrong results there can cost. 0 takes checked work only.",
  },
  pledgeInAll: {
    type: "string",
    default: "100 USD",
    help: "Most that it pledges to all escrows at once; the registry's allowance for this worker is the limit above it.",
  },
  redeemMin: {
    type: "string",
    default: "0.10 USD",
    help: "Least that a voucher must bring for this worker to redeem it by itself; choose more than the gas of one redemption costs.",
  },
  jury: {
    type: "boolean",
    default: "true",
    help: "Judge disputes where this worker has a seat on the jury and is drawn; a seat that stays silent is fined.",
  },
  slots: { type: "integer", default: "2", min: 1, max: 1_024, help: "Tasks that run at once." },
  allowProcess: {
    type: "boolean",
    default: "false",
    help: "Let strangers' programs run as processes on this machine's own read-only /usr, in a sandbox that must pass its self-test. Needs root and bubblewrap.",
  },
  allowRootfs: {
    type: "boolean",
    default: "false",
    help: "Let strangers' programs run as processes in root file systems that their jobs bring, in the same sandbox; they see nothing of this machine's /usr. Needs root and bubblewrap.",
  },
  rootfsBytes: {
    type: "size",
    default: "8Gi",
    help: "Room for unpacked root file systems; those not in use are removed beyond it, the least recently used first.",
  },
  allowImages: {
    type: "boolean",
    default: "false",
    help: "Let strangers' container images run on this machine's Docker, in containers that must pass their self-test. Needs root.",
  },
  pullImages: {
    type: "list",
    help: "From where images may be pulled: registries, repositories or single images, such as registry.example/team. Default: nowhere; archives only.",
  },
  dockerSocket: { type: "path", default: "/var/run/docker.sock", help: "Docker's socket, where images are allowed." },
  dockerRuntime: {
    type: "string",
    default: "runc",
    help: "Docker's runtime for images; runsc (gVisor) holds them tighter and slower.",
  },
  allowHosts: {
    type: "list",
    help: "Hosts that containers may reach where their jobs ask for them, such as api.example.org:443; default: none. What is not on the public internet is reached only where its address is listed too, such as 192.168.0.7:80.",
  },
  hostBytes: {
    type: "size",
    default: "1Gi",
    help: "Most that one task may exchange with the hosts of --allow-hosts, in both directions together.",
  },
  region: { type: "string", default: "", help: "Where the machine stands, such as eu; advertised as it is." },
  listen: { type: "list", default: "/ip4/127.0.0.1/tcp/0", help: "Multiaddresses for peers." },
  announce: { type: "list", help: "Multiaddresses to advertise instead of those listened on." },
  dialFrom: { type: "string", help: "Local address to dial from; tells workers of one machine apart." },
  bootstrap: { type: "list", help: "Multiaddresses of hubs, with commas between them; overrides the network file's." },
  profile: {
    type: "choice",
    choices: ["small", "public"],
    default: "small",
    help: "Limits of the network: small for one machine or LAN, public for strangers.",
  },
  classes: {
    type: "list",
    help: "Runtime classes that are offered, of those that work here, such as wasm; default: all of them.",
  },
  allowPrograms: { type: "list", help: "Content ids of the only programs that run here; default: any." },
  denyPrograms: { type: "list", help: "Content ids of programs that do not run here." },
  allowPayers: { type: "list", help: "Addresses of the only payers to work for; default: anybody." },
  denyPayers: { type: "list", help: "Addresses of payers not to work for." },
  hours: {
    type: "list",
    help: "When work is taken, in local time, such as Mon-Fri 19:00-07:00,Sat-Sun; what runs may finish. Default: always.",
  },
  cpuShare: {
    type: "string",
    default: "100%",
    help: "Cores that are lent, such as 4 or 50%: no more tasks run at once.",
  },
  memoryShare: {
    type: "string",
    default: "100%",
    help: "Memory that is lent, such as 8Gi or 50%: tasks that run at once are promised no more in all.",
  },
  diskShare: {
    type: "string",
    default: "100%",
    help: "Free disk that is lent, such as 100Gi or 50%: a limit below --artifact-bytes.",
  },
  gossip: { type: "boolean", default: "true", help: "Hear offers of work and announce this worker." },
  dht: {
    type: "boolean",
    default: "true",
    help: "Provide this worker's capabilities in the DHT and find coordinators there.",
  },
  nvidiaSmi: { type: "string", default: "nvidia-smi", help: "The tool that lists NVIDIA GPUs." },
  rocmSmi: { type: "string", default: "rocm-smi", help: "The tool that lists AMD GPUs." },
  measureEvery: {
    type: "duration",
    default: "6h",
    help: "How often the idle machine is measured for about a second, at random times: processor, memory, disk, matrix product. 0s measures never.",
  },
  artifactBytes: {
    type: "size",
    default: "10Gi",
    help: "Room for inputs and outputs; those not in use are evicted beyond it.",
  },
  drain: {
    type: "duration",
    default: "30s",
    help: "How long running tasks may finish when the worker is told to stop.",
  },
  recheck: {
    type: "duration",
    default: "10m",
    min: 1_000,
    help: "How often a running worker looks again whether what it offers still works, and what the doctor says.",
  },
  confirmations: {
    type: "integer",
    min: 1,
    max: 1_000,
    help: "Blocks until an allotment counts; overrides the network file's.",
  },
  misbehave: {
    type: "string",
    help: "For devnets: what this worker does wrong, such as liar or sleeper:50. Refused on any other network, and in files and variables.",
  },
  snapshotFacts: {
    type: "integer",
    default: "20000",
    min: 1,
    max: 10_000_000,
    help: "Facts between two snapshots of the journal, at least.",
  },
  logLevel: {
    type: "choice",
    choices: ["debug", "info", "warn", "error", "silent"],
    default: "info",
    help: "Least level that is logged.",
  },
  logFormat: { type: "choice", choices: ["json", "text"], help: "Default: text on a terminal, json elsewhere." },
} as const satisfies OptionTable;

/** The options with their values. */
export type WorkerSettings = ConfigOf<typeof workerOptions>;
