// A whole network on one machine: a chain, a coordinator, workers of as many operators, and the payer's own referee worker.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Anvil, ProcessLock } from "@starling/node-kit";
import type { StarlingClient } from "@starling/sdk";
import { type Cast, castOf, type Part } from "./cast.ts";
import { chainEnd, chainRow } from "./chain-process.ts";
import { claimHome } from "./claim-home.ts";
import { writeClientFile } from "./client-file.ts";
import { coordinatorSpec, hubSpec, type Shared, workerSpec } from "./commands.ts";
import { Daemon, type DaemonEnd, type DaemonSpec } from "./daemon.ts";
import { type Ground, prepareGround } from "./ground.ts";
import { tailOf } from "./log-tail.ts";
import { daemonPlaces, type Places, placesIn } from "./places.ts";
import { apiFile, apiServes, clientOf, workersAdmitted } from "./ready.ts";
import { type DaemonState, type DevnetPhase, type DevnetState, writeState } from "./state-file.ts";

/** What to start. */
export interface DevnetOptions {
  /** Everything lies in here; an earlier devnet of the folder is replaced. */
  readonly home: string;
  readonly workers: number;
  /** How many of the workers misbehave, by behaviour; they are drawn at random. */
  readonly parts?: readonly Part[];
  /** Tests only: who misbehaves how, as in `worker-2=liar,worker-3=lazy`. */
  readonly cast?: string;
  readonly referee: boolean;
  /** Whether workers start from a node that is not the coordinator. */
  readonly separateBootstrap: boolean;
  /** A fleet without a chain: its books are all the settlement there is. */
  readonly noChain?: boolean;
  readonly gossip?: boolean;
  readonly dht?: boolean;
  /** Ready means that all workers are admitted; false where a test lets them come later. */
  readonly awaitWorkers?: boolean;
  /** Tests only: more environment for a daemon, by its name. */
  readonly environmentOf?: (name: string) => Readonly<Record<string, string>>;
  /** Told what happens, for progress. */
  readonly onStep?: (step: string) => void;
}

/** Where a devnet's API is. */
export interface Endpoint {
  readonly api: string;
  readonly tokenFile: string;
}

/** Longest wait for the network to be whole; a loaded machine starts many processes slowly. */
const readyMsMax = 90_000;
const tailLines = 12;

/** A devnet. `stop` it whatever happens; if this process dies, everything else ends by itself. */
export class Devnet {
  readonly places: Places;
  readonly #options: DevnetOptions;
  readonly #lock: ProcessLock;
  readonly #startedAt = Date.now();
  readonly #daemons = new Map<string, Daemon>();
  readonly #endListeners: ((daemon: Daemon, end: DaemonEnd) => void)[] = [];
  readonly #cast: Cast;
  #anvil: Anvil | null = null;
  #chainEnd: DaemonState["end"] = null;
  #ground: Ground | null = null;
  #phase: DevnetPhase = "starting";
  #reason: string | null = null;
  #startMs: number | null = null;
  #stopping: Promise<void> | null = null;

  private constructor(options: DevnetOptions, places: Places, lock: ProcessLock) {
    this.#options = options;
    this.places = places;
    this.#lock = lock;
    this.#cast = castOf({ workers: options.workers, parts: options.parts ?? [], named: options.cast ?? namedCast() });
  }

  /** Starts everything and resolves when it is ready. What was started is stopped again when this rejects. */
  static async start(options: DevnetOptions, { signal }: { readonly signal: AbortSignal }): Promise<Devnet> {
    const places = placesIn(options.home);
    const devnet = new Devnet(options, places, await claimHome(places));
    try {
      signal.throwIfAborted();
      await devnet.#start(signal);
      return devnet;
    } catch (error) {
      devnet.#reason = error instanceof Error ? error.message : String(error);
      await devnet.#stop("failed");
      throw signal.aborted ? signal.reason : error;
    }
  }

  /** Chain, accounts, members, addresses. */
  get ground(): Ground {
    if (this.#ground === null) throw new Error("the devnet has no chain yet");
    return this.#ground;
  }

  get endpoint(): Endpoint {
    return { api: `127.0.0.1:${this.ground.apiPort}`, tokenFile: join(this.#coordinatorData, "api-token") };
  }

  /** How long the start took. */
  get startMs(): number {
    return this.#startMs ?? 0;
  }

  /** A client of the coordinator; close it after use. */
  client(): StarlingClient {
    return clientOf(this.endpoint);
  }

  /** A daemon by its name, running or ended. */
  daemon(name: string): Daemon {
    const daemon = this.#daemons.get(name);
    if (daemon === undefined) throw new Error(`the devnet has no daemon ${name}`);
    return daemon;
  }

  /** Process ids of everything that runs, the chain included. */
  get pids(): readonly number[] {
    const daemons = [...this.#daemons.values()].filter((daemon) => daemon.end === null).map((daemon) => daemon.pid);
    return this.#anvil === null ? daemons : [this.#anvil.pid, ...daemons];
  }

  /** Calls back when a daemon ends that nobody asked to end. */
  onUnwantedEnd(listener: (daemon: Daemon, end: DaemonEnd) => void): void {
    this.#endListeners.push(listener);
  }

  /** Starts a daemon again that has ended, with its data as it left them. */
  restart(name: string): Daemon {
    if (this.daemon(name).end === null) throw new Error(`${name} still runs`);
    return this.#launch(this.#specOf(name));
  }

  /** Resolves when the coordinator's API serves. */
  async serving({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await apiServes(this.#coordinatorData, signal);
  }

  /** Resolves when these workers, all by default, are admitted and connected. */
  async admitted({
    signal,
    names,
  }: {
    readonly signal: AbortSignal;
    readonly names?: readonly string[];
  }): Promise<void> {
    const members = this.ground.members.filter(({ name }) => names?.includes(name) ?? true);
    const wanted = members.map(({ worker }) => worker.address);
    const client = this.client();
    try {
      await workersAdmitted(client, wanted, signal);
    } finally {
      client.close();
    }
  }

  /** What other processes may know. */
  state(): DevnetState {
    const { home } = this.#options;
    const { networkFile, payerKeyFile: wallet } = this.places;
    const ground = this.#ground;
    const endpoint = ground === null ? { api: "", tokenFile: "" } : this.endpoint;
    const rpcUrl = this.#anvil?.httpUrl ?? "";
    const payer = ground?.accounts.payer.address ?? "";
    const life = {
      pid: process.pid,
      phase: this.#phase,
      reason: this.#reason,
      startedAt: this.#startedAt,
      startMs: this.#startMs,
    };
    return { format: 1, ...life, home, ...endpoint, rpcUrl, networkFile, wallet, payer, daemons: this.#daemonStates() };
  }

  /** Stops everything. Safe to call twice, and at any moment. */
  async stop(): Promise<void> {
    await this.#stop("stopped");
  }

  async #start(signal: AbortSignal): Promise<void> {
    const started = performance.now();
    const say = this.#options.onStep ?? (() => undefined);
    this.#save();
    const { workers, referee, separateBootstrap, noChain = false } = this.#options;
    const onChain = (anvil: Anvil): void => {
      this.#anvil = anvil;
      void anvil.exited.then((code) => this.#chainEnded(code));
    };
    const wanted = { workers, referee, separateBootstrap, noChain, onStep: say, onChain };
    this.#ground = await prepareGround(this.places, wanted, signal);
    say(`starting the coordinator and ${this.#ground.members.length} workers`);
    mkdirSync(this.#coordinatorData, { recursive: true, mode: 0o700 });
    const late = AbortSignal.timeout(readyMsMax);
    const dead = new AbortController();
    this.onUnwantedEnd((daemon, end) => dead.abort(new Error(failure(daemon.spec, end.reason))));
    for (const spec of this.#specs()) this.#launch(spec);
    const stop = AbortSignal.any([signal, dead.signal, late]);
    try {
      await this.serving({ signal: stop });
      if (this.#options.awaitWorkers !== false) {
        say("the coordinator serves; workers register");
        await this.admitted({ signal: stop });
      }
    } catch (error) {
      throw late.aborted
        ? new Error(`the network is not whole after ${readyMsMax / 1_000} s; logs are in ${this.places.folder}`)
        : stop.aborted
          ? stop.reason
          : error;
    }
    this.#startMs = Math.round(performance.now() - started);
    if (this.#chainEnd === null) this.#phase = "ready";
    writeClientFile(this.places, this.endpoint);
    this.#save();
  }

  // Nothing can go on without it, and nothing brings it back.
  #chainEnded(code: number | null): void {
    this.#chainEnd = chainEnd(code, { wanted: this.#stopping !== null });
    if (this.#stopping === null) {
      this.#phase = "failed";
      this.#reason = `the chain ended: ${this.#chainEnd.reason}`;
    }
    this.#save();
  }

  async #stop(phase: "stopped" | "failed"): Promise<void> {
    this.#stopping ??= this.#stopAll(phase);
    await this.#stopping;
  }

  async #stopAll(phase: "stopped" | "failed"): Promise<void> {
    this.#phase = "stopping";
    this.#save();
    await Promise.all([...this.#daemons.values()].map((daemon) => daemon.stop()));
    await this.#anvil?.stop();
    this.#phase = phase;
    this.#save();
    if (this.#startMs !== null) writeClientFile(this.places, null);
    await this.#lock.release();
  }

  get #coordinatorData(): string {
    return daemonPlaces(this.places, "coordinator").dataDir;
  }

  #shared(): Shared {
    const { gossip = true, dht = true, environmentOf = () => ({}) } = this.#options;
    const { programs, network } = this.ground;
    return { places: this.places, programs, bootstrap: network.bootstrap, gossip, dht, environmentOf };
  }

  #specs(): readonly DaemonSpec[] {
    const shared = this.#shared();
    const { hub, members } = this.ground;
    const workers = members.map((member) => workerSpec(shared, member, this.#cast.get(member.name)));
    return [...(hub === null ? [] : [hubSpec(shared, hub.listen)]), coordinatorSpec(shared, this.ground), ...workers];
  }

  #specOf(name: string): DaemonSpec {
    const spec = this.#specs().find((one) => one.name === name);
    if (spec === undefined) throw new Error(`the devnet has no daemon ${name}`);
    return spec;
  }

  #launch(spec: DaemonSpec): Daemon {
    // A file of an earlier life would say that the API serves before it does.
    if (spec.role === "coordinator") rmSync(join(this.#coordinatorData, apiFile), { force: true });
    const daemon = Daemon.start(spec);
    this.#daemons.set(spec.name, daemon);
    void daemon.exited.then((end) => {
      this.#save();
      if (!end.wanted) for (const listener of [...this.#endListeners]) listener(daemon, end);
    });
    this.#save();
    return daemon;
  }

  #daemonStates(): readonly DaemonState[] {
    const ground = this.#ground;
    const daemons = [...this.#daemons.values()].map(({ spec, pid, end }) => {
      const member = ground?.members.find(({ name }) => name === spec.name);
      const account =
        member?.worker.address ?? (spec.role === "coordinator" ? (ground?.accounts.coordinator.address ?? "") : "");
      const address =
        member?.ip ?? (spec.role === "hub" ? (ground?.hub?.address ?? "") : `127.0.0.1:${ground?.peerPort ?? 0}`);
      const operator = member?.operator.address ?? "";
      return { name: spec.name, role: spec.role, pid, account, operator, address, log: spec.log, end };
    });
    return this.#anvil === null ? daemons : [chainRow(this.#anvil, this.#chainEnd), ...daemons];
  }

  #save(): void {
    writeState(this.places, this.state());
  }
}

/** Test mode may say who misbehaves how. */
function namedCast(): string | undefined {
  return process.env.STARLING_TEST_MODE === "1" ? process.env.STARLING_DEVNET_CAST : undefined;
}

function failure(spec: DaemonSpec, reason: string): string {
  const tail = tailOf(spec.log, tailLines).map((line) => `    ${line}`);
  return [`${spec.name} ended: ${reason}`, `  the end of ${spec.log}:`, ...tail].join("\n");
}
