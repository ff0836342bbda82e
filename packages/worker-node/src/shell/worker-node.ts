// The composition root of a worker: builds every part, starts them in the written order, stops in reverse.
import {
  type ArtifactStore,
  BlobClient,
  ConfigError,
  createSealer,
  LevelJournal,
  type Logger,
  type Network,
  openArtifactStore,
  type ProcessLock,
  type Sealer,
  type Service,
  Services,
  type StopCause,
  serveBlobs,
  signingBackend,
} from "@starling/node-kit";
import {
  type Address,
  type ClassOffer,
  type CoordinatorMessage,
  type NetworkFile,
  offerTopic,
  parseAmount,
  protocolVersion,
  type RuntimeClass,
  type SignedTaskOffer,
  signingDomainOf,
  type WorkerMessage,
  type WorkerResources,
} from "@starling/protocol";
import type { WorkerSettings } from "../config.ts";
import { defaultPolicy, holdingOf, statusView, type WorkerConfig, type WorkerStatus } from "../core/index.ts";
import { checkBehaviour, lyingExecutor } from "./behaviour.ts";
import { ChainView } from "./chain-view.ts";
import { CoordinatorFinder } from "./coordinator-finder.ts";
import { type DataPaths, dataPaths, openDataDirectory } from "./data-directory.ts";
import { drain } from "./drain.ts";
import { WorkerPerformer } from "./effect-performer.ts";
import { type WorkerEngine, workerEngine } from "./engine.ts";
import { closeExecutors, type ProbedExecutor, probeExecutors, workingExecutors } from "./executor-table.ts";
import type { Executor } from "./executors/executor.ts";
import { logFacts } from "./fact-log.ts";
import { type Registration, readRegistration, registrationPath, type WorkerKeys, workerKeys } from "./identity.ts";
import { inputOf } from "./input-sources.ts";
import { CoordinatorLinks, type Link, type LinkEvents } from "./links.ts";
import { chainOf, openNode, readNetworkFile } from "./network-parts.ts";
import { outputPolicy } from "./output-policy.ts";
import { OwnRecord } from "./own-record.ts";
import { pinOutputs } from "./pins.ts";
import type { BlobPeer } from "./ports.ts";
import { Presence } from "./presence.ts";
import { probeMachine } from "./probe/machine.ts";

/** What the node is given beside its settings. */
export interface WorkerNodeDeps {
  readonly logger: Logger;
  /** Called when the process must end: the engine or the network thread failed. */
  readonly fail: (error: unknown) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The machine and the classes that work on it. */
interface Machine {
  readonly probed: readonly ProbedExecutor[];
  readonly executors: ReadonlyMap<RuntimeClass, Executor>;
  readonly offers: readonly ClassOffer[];
  readonly resources: WorkerResources;
}

/** A worker; nothing happens before `services.start()`. */
export class WorkerNode {
  readonly services: Services;
  readonly #settings: WorkerSettings;
  readonly #deps: WorkerNodeDeps;
  readonly #file: NetworkFile;
  readonly #paths: DataPaths;
  readonly #keys: WorkerKeys;
  readonly #registration: Registration;
  readonly #price: bigint;
  readonly #journal: LevelJournal;
  readonly #sealer: Sealer;
  readonly #chain: ChainView;
  #lock: ProcessLock | undefined;
  #artifacts: ArtifactStore | undefined;
  #machine: Machine | undefined;
  #network: Network | undefined;
  #blobs: BlobClient | undefined;
  #links: CoordinatorLinks | undefined;
  #engine: WorkerEngine | undefined;
  #record: OwnRecord | undefined;
  #presence: Presence | undefined;
  #finder: CoordinatorFinder | undefined;

  /** Reads files and keys; throws with a sentence that says what is wrong and what to do. */
  constructor(settings: WorkerSettings, deps: WorkerNodeDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#file = readNetworkFile(settings.network);
    checkBehaviour(settings.behaviour, { chainId: this.#file.chainId, environment: deps.environment });
    this.#price = priceOf(settings.pricePerTask);
    this.#paths = dataPaths(settings.dataDir);
    this.#keys = workerKeys(settings);
    const domain = signingDomainOf(this.#file);
    this.#registration = readRegistration(registrationPath(settings), this.#keys, domain);
    const journal = new LevelJournal({ directory: this.#paths.journal, logger: deps.logger });
    this.#journal = journal;
    this.#sealer = createSealer({
      domain,
      sign: this.#keys.wallet.sign,
      get epoch() {
        return journal.epoch;
      },
    });
    const { rpc, queries } = chainOf(this.#file, settings.rpcUrl);
    this.#chain = new ChainView(
      { rpc, queries, logger: deps.logger },
      { worker: this.#keys.wallet.address, confirmations: settings.confirmations ?? this.#file.confirmations },
    );
    this.services = new Services({ logger: deps.logger }, this.#list());
  }

  /** What people and programs have to know once it works. */
  endpoints(): { readonly worker: Address; readonly peerId: string; readonly addresses: readonly string[] } {
    return { worker: this.#keys.wallet.address, peerId: this.#keys.peerId, addresses: part(this.#network).addresses() };
  }

  /** What it does now. */
  status(): WorkerStatus {
    return part(this.#engine).read(statusView);
  }

  /** Takes no more work and lets what is under way end, within a limit; without one when the starter is gone. */
  async drain(cause: StopCause): Promise<void> {
    await drain(part(this.#engine), cause === "lifeline" ? 0 : this.#settings.drain, this.#deps.logger);
  }

  #list(): Service[] {
    return [
      { name: "data", start: () => this.#openData(), stop: async () => await this.#lock?.release() },
      {
        name: "executors",
        start: ({ signal }) => this.#probe(signal),
        stop: () => closeExecutors(this.#machine?.probed ?? [], this.#deps.logger),
      },
      { name: "chain", start: async () => this.#chain.start(), stop: async () => this.#chain.stop() },
      { name: "network", start: () => this.#openNetwork(), stop: async () => await this.#network?.close() },
      { name: "engine", start: () => this.#startEngine(), stop: async () => await this.#engine?.stop() },
      { name: "presence", start: () => this.#startPresence(), stop: () => this.#leave() },
      { name: "links", start: async () => this.#startLinks(), stop: () => this.#stopLinks() },
    ];
  }

  async #openData(): Promise<void> {
    const { logger } = this.#deps;
    this.#lock = await openDataDirectory(this.#paths);
    const { artifactBytes: bytesMax } = this.#settings;
    this.#artifacts = await openArtifactStore({ directory: this.#paths.artifacts, bytesMax, logger });
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const { settings, logger } = { settings: this.#settings, logger: this.#deps.logger };
    const [probed, resources] = await Promise.all([
      probeExecutors(settings.slots, signal),
      probeMachine({ dataDir: settings.dataDir, nvidiaSmi: settings.nvidiaSmi, signal }),
    ]);
    const { executors, offers } = workingExecutors(probed, logger);
    this.#machine = { probed, executors: this.#behaving(executors), offers, resources };
    if (offers.length > 0) return;
    await closeExecutors(probed, logger);
    throw new Error("no runtime class works on this machine; starling worker doctor says why");
  }

  #behaving(executors: ReadonlyMap<RuntimeClass, Executor>): ReadonlyMap<RuntimeClass, Executor> {
    if (this.#settings.behaviour === "honest") return executors;
    this.#deps.logger.warn("this worker lies: it was started for a test");
    return new Map([...executors].map(([name, executor]) => [name, lyingExecutor(executor)]));
  }

  async #openNetwork(): Promise<void> {
    const { logger, fail } = this.#deps;
    const network = await openNode(this.#settings, {
      file: this.#file,
      keys: this.#keys,
      bootstrap: this.#bootstrap(),
      classes: [...part(this.#machine).executors.keys()],
      peerCachePath: this.#paths.peerCache,
    });
    network.onFatal(fail);
    network.onWarning(({ code, message }) => logger.warn("network warning", { code, reason: message }));
    this.#network = network;
    this.#blobs = new BlobClient(network, part(this.#artifacts));
    this.#links = new CoordinatorLinks({
      network,
      networkId: this.#file.networkId,
      logger,
      events: this.#linkEvents(),
    });
  }

  #bootstrap(): readonly string[] {
    return this.#settings.bootstrap ?? this.#file.bootstrap;
  }

  async #startEngine(): Promise<void> {
    const { logger, fail } = this.#deps;
    const artifacts = part(this.#artifacts);
    const performer = new WorkerPerformer({
      links: part(this.#links),
      sealer: this.#sealer,
      executors: part(this.#machine).executors,
      artifacts,
      chain: this.#chain,
      blobsOf: (coordinator) => this.#blobPeer(coordinator),
      logger,
      runsDir: this.#paths.runs,
    });
    const engine = workerEngine({ journal: this.#journal, performer, logger }, this.#config(), fail);
    this.#engine = engine;
    await engine.start();
    pinOutputs(engine, artifacts);
    logFacts(engine, logger);
    this.#chain.onHead(() => this.#refreshAllotments(engine));
  }

  #config(): WorkerConfig {
    return {
      worker: this.#keys.wallet.address,
      operator: this.#registration.operator,
      classes: [...part(this.#machine).executors.keys()],
      slots: this.#settings.slots,
      pricePerTask: this.#price,
      policy: defaultPolicy,
      plantedBugs: new Set(),
    };
  }

  // A transfer waits for the link: after a restart runs begin before the coordinators are greeted.
  #blobPeer(coordinator: Address): BlobPeer {
    const links = part(this.#links);
    const blobs = part(this.#blobs);
    return {
      fetch: async (cid, size, signal) => {
        const { peerId } = await links.whenUp(coordinator, signal);
        await blobs.fetch(peerId, cid, size, signal);
      },
      push: async (cid, signal) => {
        const { peerId } = await links.whenUp(coordinator, signal);
        await blobs.push(peerId, cid, signal);
      },
    };
  }

  // Leases that wait for their allotment are judged again with every block.
  #refreshAllotments(engine: WorkerEngine): void {
    const waiting = engine.read((state) => new Set([...state.presence.pending.values()].map((p) => p.lease.escrowId)));
    for (const escrowId of waiting) {
      this.#chain
        .allotment(escrowId, AbortSignal.timeout(QUERY_LIMIT_MS))
        .then((found) => found !== null && engine.post({ type: "allotmentSeen", escrowId, ...found }))
        .catch((error: unknown) => this.#deps.logger.debug("allotment not read", { escrowId, error: String(error) }));
    }
  }

  #linkEvents(): LinkEvents {
    return {
      hello: () => this.#hello(),
      connected: (link, { coordinator, epoch, beatEveryMs }) => {
        const { peerId, session } = link;
        part(this.#engine).post({ type: "coordinatorConnected", coordinator, peerId, session, epoch, beatEveryMs });
        this.#finder?.remember(link);
      },
      message: (link, message) => this.#take(link, message),
      gone: ({ coordinator, session }, reason) => {
        part(this.#engine).post({ type: "coordinatorGone", coordinator, session, reason });
      },
    };
  }

  #hello(): WorkerMessage {
    const holding = part(this.#engine).read((state) => holdingOf(state, null));
    const record = part(this.#record).current();
    return { type: "hello", networkId: this.#file.networkId, protocolVersion, record, holding };
  }

  async #take(link: Link, message: CoordinatorMessage): Promise<void> {
    const input = inputOf(link, message);
    if (input === null) return;
    const outcome = await part(this.#engine).submit(input);
    if (outcome.ok) return;
    this.#deps.logger.debug("input refused", { coordinator: link.coordinator, type: input.type, code: outcome.code });
    // What was not taken is lost, unless the coordinator says it again after a new greeting.
    if (outcome.code === "overloaded") throw new Error("this worker is overloaded");
  }

  async #startPresence(): Promise<void> {
    const { settings, network } = { settings: this.#settings, network: part(this.#network) };
    const { offers, resources } = part(this.#machine);
    this.#record = new OwnRecord({
      keys: this.#keys,
      registration: this.#registration,
      domain: this.#sealer.domain,
      networkId: this.#file.networkId,
      epoch: this.#journal.epoch,
      resources,
      classes: offers,
      slots: settings.slots,
      pricePerTask: this.#price,
      region: settings.region,
      addresses: () => network.addresses(),
    });
    this.#record.start();
    await serveBlobs(network, part(this.#artifacts), outputPolicy(part(this.#engine), part(this.#links)));
    this.#hearOffers(network);
    this.#presence = new Presence(
      { network, record: this.#record, logger: this.#deps.logger },
      { networkId: this.#file.networkId, dht: settings.dht, gossip: settings.gossip },
    );
    await this.#presence.start();
  }

  #hearOffers(network: Network): void {
    if (!this.#settings.gossip) return;
    const topics = new Set(
      [...part(this.#machine).executors.keys()].map((name) => offerTopic(this.#file.networkId, name)),
    );
    network.onGossip(({ topic, decoded }) => {
      // The network thread has decoded and checked it.
      if (topics.has(topic)) part(this.#engine).post({ type: "offerHeard", offer: (decoded as SignedTaskOffer).offer });
    });
    for (const topic of topics) network.subscribe(topic);
  }

  async #leave(): Promise<void> {
    this.#record?.stop();
    await this.#presence?.leave();
  }

  #startLinks(): void {
    const { file, settings, logger } = { file: this.#file, settings: this.#settings, logger: this.#deps.logger };
    this.#finder = new CoordinatorFinder(
      { network: part(this.#network), links: part(this.#links), logger },
      {
        file,
        bootstrap: this.#bootstrap(),
        classes: [...part(this.#machine).executors.keys()],
        dht: settings.dht,
        cachePath: this.#paths.coordinatorCache,
      },
    );
    this.#finder.start();
    const { address } = this.#keys.wallet;
    logger.info("worker", { address, peerId: this.#keys.peerId, signatures: signingBackend(), chainId: file.chainId });
  }

  async #stopLinks(): Promise<void> {
    await this.#finder?.stop();
    await this.#links?.close("the worker stops");
    this.#blobs?.close();
  }
}

const QUERY_LIMIT_MS = 10_000;

function priceOf(text: string): bigint {
  const price = parseAmount(text);
  if (price.ok) return price.value;
  throw new ConfigError([`--price-per-task: ${price.problem}`]);
}

function part<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a part of the worker was used before its start");
  return value;
}
