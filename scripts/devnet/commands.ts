// The command lines of a devnet's daemons, and what they are told through the environment.
import { join } from "node:path";
import type { DaemonPrograms } from "../bundle.ts";
import type { DaemonSpec } from "./daemon.ts";
import type { Member } from "./members.ts";
import { daemonPlaces, type Places } from "./places.ts";

/** What all daemons of a devnet share. */
export interface Shared {
  readonly places: Places;
  readonly programs: DaemonPrograms;
  /** Multiaddresses of the node that workers start from. */
  readonly bootstrap: readonly string[];
  readonly gossip: boolean;
  readonly dht: boolean;
  /** More environment for a daemon, by its name; tests set failpoints with it. */
  environmentOf(name: string): Readonly<Record<string, string>>;
}

/** Limits of a network on one machine. */
const profile = ["--profile", "small"];
/** What a worker of the devnet asks for a task. */
const pricePerTask = "0.01 USD";
/** What a worker redeems by itself: gas costs nothing here. */
const redeemMin = "0.01 USD";
/** Short: whoever tries a network on one machine waits for every second of it. */
const finality = "500ms";
/** Whoever stops a devnet does not wait for its tasks. */
const drain = "1s";

/** The coordinator: peers on 127.0.0.1, API beside them. Ports stay the same when it is started again. */
export function coordinatorSpec(
  shared: Shared,
  { peerPort, apiPort }: { readonly peerPort: number; readonly apiPort: number },
): DaemonSpec {
  const name = "coordinator";
  const files = daemonPlaces(shared.places, name);
  const keys = ["--key-file", files.keyFile, "--peer-key-file", files.peerKeyFile];
  const peers = ["--listen", `/ip4/127.0.0.1/tcp/${peerPort}`, ...profile, ...switches(shared)];
  const api = ["--api-host", "127.0.0.1", "--api-port", `${apiPort}`];
  const base = ["start", "--data-dir", files.dataDir, "--network", shared.places.networkFile, "--finality", finality];
  return {
    name,
    role: "coordinator",
    command: [shared.programs.coordinator, ...base, ...peers, ...api, ...keys],
    log: files.log,
    environment: shared.environmentOf(name),
  };
}

/** A worker on its own loopback address. One that misbehaves differs in a single option, which works on devnets only. */
export function workerSpec(shared: Shared, member: Member, behaviour?: string): DaemonSpec {
  const { name, role, ip } = member;
  const files = daemonPlaces(shared.places, name);
  const keys = ["--key-file", files.keyFile, "--peer-key-file", files.peerKeyFile];
  const identity = [...keys, "--registration-file", files.registrationFile];
  const peers = ["--listen", `/ip4/${ip}/tcp/0`, "--dial-from", ip, ...profile, ...switches(shared)];
  const offer = ["--price-per-task", pricePerTask, "--slots", "1", "--drain", drain, "--redeem-min", redeemMin];
  // All of them are one machine: measured by each at the same time it would only be busy.
  const base = ["start", "--data-dir", files.dataDir, "--network", shared.places.networkFile, "--measure-every", "0s"];
  const start = ["--bootstrap", shared.bootstrap.join(",")];
  const cheat = behaviour === undefined ? [] : ["--misbehave", behaviour];
  return {
    name,
    role,
    command: [shared.programs.worker, ...base, ...start, ...peers, ...offer, ...identity, ...cheat],
    log: files.log,
    environment: shared.environmentOf(name),
  };
}

/** A node that is nothing but a place to start from. */
export function hubSpec(shared: Shared, listen: string): DaemonSpec {
  const name = "hub";
  const files = daemonPlaces(shared.places, name);
  const program = join(import.meta.dirname, "hub.ts");
  const identity = ["--network", shared.places.networkFile, "--peer-key-file", files.peerKeyFile, "--listen", listen];
  const command = [program, ...identity, ...switches(shared)];
  return { name, role: "hub", command, log: files.log, environment: shared.environmentOf(name) };
}

function switches({ gossip, dht }: Shared): readonly string[] {
  return [...(gossip ? [] : ["--no-gossip"]), ...(dht ? [] : ["--no-dht"])];
}
