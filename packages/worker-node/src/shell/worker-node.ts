// The composition root of a worker: builds every part, starts them in the written order, stops in reverse.
import { statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import {
  type ArtifactStore,
  BlobClient,
  ConfigError,
  type ConfigSource,
  chainEffects,
  createSealer,
  LevelJournal,
  type Logger,
  type Network,
  openArtifactStore,
  type PerformChainEffect,
  type ProcessLock,
  type Sealer,
  type Service,
  Services,
  type StopCause,
  serveBlobs,
  signingBackend,
} from "@starling/node-kit";
import { type Address, hasChain, type NetworkFile, parseAmount, signingDomainOf } from "@starling/protocol";
import { senderDefaults } from "@starling/settlement";
import type { WorkerSettings } from "../config.ts";
import {
  defaultPolicy,
  statusView,
  type WorkerConfig,
  type WorkerPolicy,
  type WorkerStatus,
  wellDevices,
} from "../core/index.ts";
import { refreshAllotments } from "./allotment-refresh.ts";
import type { Behaviour } from "./behaviours/behaviour.ts";
import { blobPeers } from "./blob-peers.ts";
import { ChainView } from "./chain-view.ts";
import { CoordinatorFinder } from "./coordinator-finder.ts";
import { type DataPaths, dataPaths, openDataDirectory } from "./data-directory.ts";
import { drain, endRuns } from "./drain.ts";
import { WorkerPerformer } from "./effect-performer.ts";
import { type WorkerEngine, workerEngine } from "./engine.ts";
import { logFacts } from "./fact-log.ts";
import { type Registration, readRegistration, registrationPath, type WorkerKeys, workerKeys } from "./identity.ts";
import { linkEvents } from "./link-events.ts";
import { CoordinatorLinks } from "./links.ts";
import { type Machine, openMachine } from "./machine.ts";
import { SpareWork } from "./measure/spare-work.ts";
import { behavingEvents, behavingLinks, chooseBehaviour } from "./misbehave.ts";
import { chainOf, openNode, readNetworkFile } from "./network-parts.ts";
import { type FollowedChain, noChain, noTransactions } from "./no-chain.ts";
import { hearOffers } from "./offers.ts";
import { outputPolicy } from "./output-policy.ts";
import { OwnRecord } from "./own-record.ts";
import { lentDisk, lentSettings, type OwnersWord, ownersWord, rulesOf } from "./owner/rules.ts";
import { pinOutputs } from "./pins.ts";
import { Presence } from "./presence.ts";
import { VoucherFile } from "./voucher-file.ts";
import { type Watched, watches } from "./watches.ts";

/** What the node is given beside its settings. */
export interface WorkerNodeDeps {
  readonly logger: Logger;
  /** Called when the process must end: the engine or the network thread failed. */
  readonly fail: (error: unknown) => void;
  /** Called when the owner has asked for an end and all is done: stops the daemon in order. */
  readonly end: () => void;
  /** Where each option came from. */
  readonly sources: Readonly<Record<string, ConfigSource>>;
}

/** A worker; nothing happens before `services.start()`. */
export class WorkerNode {
  readonly services: Services;
  readonly #settings: WorkerSettings;
  readonly #word: OwnersWord;
  readonly #deps: WorkerNodeDeps;
  readonly #file: NetworkFile;
  readonly #behaviour: Behaviour;
  readonly #paths: DataPaths;
  readonly #keys: WorkerKeys;
  readonly #registration: Registration;
  readonly #price: bigint;
  readonly #policy: WorkerPolicy;
  readonly #journal: LevelJournal;
  readonly #sealer: Sealer;
  readonly #chain: FollowedChain;
  readonly #transactions: PerformChainEffect;
  #lock: ProcessLock | undefined;
  readonly #spare = new SpareWork();
  #artifacts: ArtifactStore | undefined;
  #probing: Promise<Machine> | undefined;
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
    this.#word = ownersWord(settings);
    this.#settings = lentSettings(settings, this.#word, availableParallelism());
    this.#deps = deps;
    this.#file = readNetworkFile(settings.network);
    this.#behaviour = chooseBehaviour({
      asked: settings.misbehave,
      source: deps.sources.misbehave,
      network: this.#file,
    });
    if (settings.misbehave !== undefined) deps.logger.warn("this worker misbehaves", { misbehave: settings.misbehave });
    this.#price = amountOf(settings.pricePerTask, "price-per-task");
    this.#policy = {
      ...defaultPolicy,
      pledgePerEscrow: amountOf(settings.pledgePerEscrow, "pledge-per-escrow"),
      pledgeInAll: amountOf(settings.pledgeInAll, "pledge-in-all"),
      redeemMin: amountOf(settings.redeemMin, "redeem-min"),
    };
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
    const { chain, transactions } = this.#followed();
    this.#chain = chain;
    this.#transactions = transactions;
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
    const { logger } = this.#deps;
    await drain(part(this.#engine), cause === "lifeline" ? 0 : this.#settings.drain, logger);
    await endRuns(part(this.#engine), logger);
  }

  #followed(): { readonly chain: FollowedChain; readonly transactions: PerformChainEffect } {
    if (!hasChain(this.#file)) return { chain: noChain, transactions: noTransactions };
    const { wallet } = this.#keys;
    const { rpc, queries, court, network } = chainOf(this.#file, this.#settings.rpcUrl);
    const confirmations = this.#settings.confirmations ?? this.#file.confirmations;
    return {
      chain: new ChainView(
        { rpc, queries, court, logger: this.#deps.logger },
        { worker: wallet.address, confirmations },
      ),
      transactions: chainEffects({ rpc, wallet, network }),
    };
  }

  #list(): Service[] {
    return [
      { name: "data", start: () => this.#openData(), stop: async () => await this.#lock?.release() },
      { name: "chain", start: async () => this.#chain.start(), stop: async () => this.#chain.stop() },
      {
        name: "network",
        start: ({ signal }) => this.#openNetwork(signal),
        stop: async () => await this.#network?.close(),
      },
      { name: "machine", start: () => this.#takeMachine(), stop: async () => await this.#machine?.close() },
      { name: "engine", start: () => this.#startEngine(), stop: async () => await this.#engine?.stop() },
      { name: "presence", start: () => this.#startPresence(), stop: () => this.#leave() },
      { name: "links", start: async () => this.#startLinks(), stop: () => this.#stopLinks() },
      ...watches(() => this.#watched()),
    ];
  }

  async #openData(): Promise<void> {
    this.#lock = await openDataDirectory(this.#paths);
    const { bavail, bsize } = statfsSync(this.#paths.root);
    this.#artifacts = await openArtifactStore({
      directory: this.#paths.artifacts,
      bytesMax: lentDisk(this.#settings, this.#word, bavail * bsize),
      logger: this.#deps.logger,
    });
  }

  // The machine is probed meanwhile: each of the two takes half a second.
  async #openNetwork(signal: AbortSignal): Promise<void> {
    const { logger, fail } = this.#deps;
    this.#probing = openMachine(
      { settings: this.#settings, word: this.#word, behaviour: this.#behaviour, logger },
      signal,
    );
    // Whoever waits for it gets the failure.
    this.#probing.catch(() => undefined);
    const network = await openNode(this.#settings, {
      file: this.#file,
      keys: this.#keys,
      bootstrap: this.#bootstrap(),
      peerCachePath: this.#paths.peerCache,
    });
    network.onFatal(fail);
    network.onWarning(({ code, message }) => logger.warn("network warning", { code, reason: message }));
    this.#network = network;
    this.#blobs = new BlobClient(network, part(this.#artifacts));
    const events = linkEvents({
      networkId: this.#file.networkId,
      logger,
      engine: () => part(this.#engine),
      record: () => part(this.#record),
      greeted: (link) => this.#finder?.remember(link),
    });
    const links: CoordinatorLinks = new CoordinatorLinks({
      network,
      networkId: this.#file.networkId,
      logger,
      events: behavingEvents(events, this.#behaviour, (coordinator, message) => links.send(coordinator, message)),
    });
    this.#links = links;
  }

  #bootstrap(): readonly string[] {
    return this.#settings.bootstrap ?? this.#file.bootstrap;
  }

  async #takeMachine(): Promise<void> {
    this.#machine = await part(this.#probing);
  }

  async #startEngine(): Promise<void> {
    const { logger, fail } = this.#deps;
    const [links, artifacts] = [part(this.#links), part(this.#artifacts)];
    const behaviour = this.#behaviour;
    const honest = new WorkerPerformer({
      links: behavingLinks(links, behaviour),
      network: part(this.#network),
      sealer: this.#sealer,
      executors: part(this.#machine).executors,
      artifacts,
      chain: this.#chain,
      transactions: this.#transactions,
      blobsOf: blobPeers(links, part(this.#blobs)),
      logger,
      runsDir: this.#paths.runs,
      spare: this.#spare,
      cores: part(this.#machine).resources.cpuCores,
    });
    const performer = behaviour.performer(honest);
    const { snapshotFacts } = this.#settings;
    const engine = workerEngine({ journal: this.#journal, performer, logger, snapshotFacts }, this.#config(), fail);
    this.#engine = engine;
    await engine.start();
    pinOutputs(engine, artifacts);
    logFacts(engine, logger);
    const vouchers = new VoucherFile(engine, { path: this.#paths.vouchers, logger });
    await vouchers.start();
    engine.onFacts(({ facts }) => {
      for (const fact of facts) behaviour.learns(fact);
    });
    this.#chain.onHead((head) => {
      engine.post({ type: "sender", input: head });
      refreshAllotments(engine, this.#chain, logger);
      vouchers.look();
    });
  }

  #config(): WorkerConfig {
    return {
      worker: this.#keys.wallet.address,
      operator: this.#registration.operator,
      classes: part(this.#machine).classes,
      slots: this.#settings.slots,
      gpus: part(this.#machine).resources.accelerators,
      ...(hasChain(this.#file) ? {} : { chainless: true }),
      pricePerTask: this.#price,
      rules: rulesOf(this.#word, part(this.#machine).resources),
      policy: this.#policy,
      servesJuries: this.#settings.jury,
      sender: { ...senderDefaults, confirmations: this.#settings.confirmations ?? this.#file.confirmations },
    };
  }

  async #startPresence(): Promise<void> {
    const { slots, region, dht, gossip } = this.#settings;
    const [network, engine, machine] = [part(this.#network), part(this.#engine), part(this.#machine)];
    const { networkId } = this.#file;
    const record = new OwnRecord({
      keys: this.#keys,
      registration: this.#registration,
      domain: this.#sealer.domain,
      networkId,
      epoch: this.#journal.epoch,
      // A GPU that was withdrawn is in no record that is signed from then on.
      get resources() {
        return { ...machine.resources, accelerators: engine.read(wellDevices) };
      },
      classes: machine.offers,
      slots,
      pricePerTask: this.#price,
      region,
      addresses: () => network.addresses(),
    });
    this.#record = record;
    const links = part(this.#links);
    // An expired record gets no more leases.
    record.onChange(() => links.greetAgain());
    record.start();
    await serveBlobs(network, part(this.#artifacts), outputPolicy(engine, links));
    if (gossip) hearOffers(network, engine, { networkId, classes: machine.classes });
    this.#presence = new Presence({ network, record, logger: this.#deps.logger }, { networkId, dht, gossip });
    await this.#presence.start();
  }

  async #leave(): Promise<void> {
    this.#record?.stop();
    await this.#presence?.leave();
  }

  #startLinks(): void {
    const { logger } = this.#deps;
    this.#finder = new CoordinatorFinder(
      { network: part(this.#network), links: part(this.#links), logger },
      {
        file: this.#file,
        bootstrap: this.#bootstrap(),
        classes: part(this.#machine).classes,
        dht: this.#settings.dht,
        cachePath: this.#paths.coordinatorCache,
      },
    );
    this.#finder.start();
    const { wallet, peerId } = this.#keys;
    const { chainId } = this.#file;
    logger.info("worker", { address: wallet.address, peerId, signatures: signingBackend(), chainId });
  }

  #watched(): Watched {
    return {
      engine: part(this.#engine),
      record: part(this.#record),
      machine: part(this.#machine),
      network: part(this.#network),
      settings: this.#settings,
      word: this.#word,
      spare: this.#spare,
      folder: this.#paths.root,
      logger: this.#deps.logger,
      end: this.#deps.end,
    };
  }

  async #stopLinks(): Promise<void> {
    await this.#finder?.stop();
    await this.#links?.close("the worker stops");
    this.#blobs?.close();
  }
}

function amountOf(text: string, option: string): bigint {
  const amount = parseAmount(text);
  if (amount.ok) return amount.value;
  throw new ConfigError([`--${option}: ${amount.problem}`]);
}

function part<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a part of the worker was used before its start");
  return value;
}
