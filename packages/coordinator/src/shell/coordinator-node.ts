// The composition root of a coordinator: builds every part, starts them in the written order, stops in reverse.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ArtifactStore,
  createSealer,
  Engine,
  failpointsFromEnvironment,
  LevelJournal,
  type Logger,
  lockDirectory,
  type Network,
  openArtifactStore,
  type ProcessLock,
  type Sealer,
  type Service,
  Services,
  sealGreeting,
  signingBackend,
  signingDomainOf,
  signOffer,
  systemClock,
} from "@starling/node-kit";
import {
  type CoordinatorBinding,
  type NetworkFile,
  offerHash,
  parseNetworkFile,
  protocolVersion,
  sealSecret,
} from "@starling/protocol";
import { indexerDefaults, senderDefaults } from "@starling/settlement";
import type { CoordinatorSettings } from "../config.ts";
import {
  awaitedUploads,
  type CoordinatorConfig,
  coordinatorDecider,
  defaultPolicy,
  isRevealAwaited,
} from "../core/index.ts";
import { apiServer } from "./api/server.ts";
import { type CoordinatorEngine, EventLog } from "./api/watch.ts";
import { type ChainParts, type ContractFacts, chainParts, contractsMsMax } from "./chain-parts.ts";
import { CoordinatorPerformer } from "./effect-performer.ts";
import { logFacts } from "./fact-log.ts";
import { serveJurors } from "./juror-desk.ts";
import { type CoordinatorKeys, coordinatorKeys } from "./keys.ts";
import { HeardPeers, openPeers, type PeerOptions, servePeers } from "./peers.ts";
import { pinArtifacts } from "./pins.ts";
import { WorkerSessions } from "./sessions.ts";
import { UploadQuota } from "./upload-quota.ts";

/** Frames wait for one another in the outbox, which gathers what one turn asks for: their lanes must not hold them back. */
const SENDS_AT_ONCE = 10_000;

/** Measuring outputs takes processor time of the one thread, and memory for a piece of both files. */
const COMPARISONS_AT_ONCE = 2;

/** A coordinator; nothing happens before `services.start()`. */
export class CoordinatorNode {
  readonly services: Services;
  readonly #settings: CoordinatorSettings;
  readonly #logger: Logger;
  readonly #fail: (error: unknown) => void;
  readonly #file: NetworkFile;
  readonly #keys: CoordinatorKeys;
  readonly #chain: ChainParts;
  readonly #journal: LevelJournal;
  readonly #sealer: Sealer;
  readonly #heard = new HeardPeers();
  readonly #stopped = new AbortController();
  #lock: ProcessLock | undefined;
  #artifacts: ArtifactStore | undefined;
  #network: Network | undefined;
  #sessions: WorkerSessions | undefined;
  #contracts: ContractFacts | undefined;
  #engine: CoordinatorEngine | undefined;
  #api = "";

  /** Reads the network file and the keys; throws with a sentence that says what is wrong. */
  constructor(
    settings: CoordinatorSettings,
    deps: { readonly logger: Logger; readonly fail: (error: unknown) => void },
  ) {
    mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
    this.#settings = settings;
    this.#logger = deps.logger;
    this.#fail = deps.fail;
    this.#file = networkOf(settings.network);
    this.#keys = coordinatorKeys(settings);
    this.#chain = chainParts(this.#file, { rpcUrl: settings.rpcUrl, startBlock: 0 });
    const { keepHistory } = settings;
    const directory = join(settings.dataDir, "journal");
    const journal = new LevelJournal({ directory, keepHistory, logger: deps.logger });
    this.#journal = journal;
    this.#sealer = createSealer({
      domain: signingDomainOf(this.#chain.network),
      sign: this.#keys.wallet.sign,
      get epoch() {
        return journal.epoch;
      },
    });
    this.services = new Services({ logger: deps.logger }, this.#list());
  }

  /** What people and programs have to know once it serves. */
  endpoints(): { readonly api: string; readonly peerId: string; readonly addresses: readonly string[] } {
    const network = part(this.#network);
    return { api: this.#api, peerId: network.peerId, addresses: network.addresses() };
  }

  #list(): Service[] {
    const nothing = async (): Promise<void> => undefined;
    return [
      { name: "data", start: () => this.#lockData(), stop: async () => await this.#lock?.release() },
      { name: "artifacts", start: () => this.#openArtifacts(), stop: nothing },
      { name: "network", start: () => this.#openNetwork(), stop: async () => await this.#network?.close() },
      { name: "contracts", startMs: contractsMsMax, start: ({ signal }) => this.#readContracts(signal), stop: nothing },
      {
        name: "engine",
        start: () => this.#startEngine(),
        stop: async () => await this.#engine?.stop(),
      },
      { name: "peers", start: () => this.#servePeers(), stop: async () => await this.#sessions?.close() },
      { name: "chain", start: async () => this.#watchChain(), stop: async () => this.#stopped.abort() },
      apiServer(() => this.#apiParts(), {
        settings: this.#settings,
        logger: this.#logger,
        serving: (api) => {
          this.#api = api;
        },
      }),
    ];
  }

  // Before anything in the folder is touched: opening the artifacts removes what a running process is still writing.
  async #lockData(): Promise<void> {
    this.#lock = await lockDirectory(this.#settings.dataDir);
  }

  async #openArtifacts(): Promise<void> {
    const { dataDir, artifactBytes } = this.#settings;
    this.#artifacts = await openArtifactStore({
      directory: join(dataDir, "artifacts"),
      bytesMax: artifactBytes,
      logger: this.#logger,
    });
  }

  async #openNetwork(): Promise<void> {
    this.#network = await openPeers(this.#peerOptions());
    this.#network.onFatal(this.#fail);
  }

  #peerOptions(): PeerOptions {
    const settings = this.#settings;
    return {
      networkId: this.#file.networkId,
      domain: this.#sealer.domain,
      account: this.#keys.wallet.address,
      peerSeed: this.#keys.peerSeed,
      settings,
      bootstrap: settings.bootstrap ?? this.#file.bootstrap,
      peerCachePath: join(settings.dataDir, "peers.json"),
    };
  }

  // A node of the chain that is away for some minutes is no reason to end: whoever is asked later would find nobody.
  async #readContracts(signal: AbortSignal): Promise<void> {
    this.#contracts = await this.#chain.readContracts({ signal, logger: this.#logger });
  }

  async #startEngine(): Promise<void> {
    const artifacts = part(this.#artifacts);
    const contracts = part(this.#contracts);
    this.#sessions = this.#newSessions(artifacts);
    const performer = this.#newPerformer(this.#sessions);
    const engine: CoordinatorEngine = new Engine(
      { journal: this.#journal, performer, logger: this.#logger, failpoints: failpointsFromEnvironment() },
      {
        decider: coordinatorDecider,
        config: this.#config(contracts),
        tickInput: () => ({ type: "tick" }),
        onFatal: this.#fail,
        limits: { factsPerSnapshot: this.#settings.snapshotFacts },
        effectLimits: {
          sendLeases: SENDS_AT_ONCE,
          sendCommitSets: SENDS_AT_ONCE,
          sendVerdicts: SENDS_AT_ONCE,
          sendTickets: SENDS_AT_ONCE,
          sendVoucher: SENDS_AT_ONCE,
          sendRevokes: SENDS_AT_ONCE,
          sendPledgeWanted: SENDS_AT_ONCE,
          compareOutputs: COMPARISONS_AT_ONCE,
        },
      },
    );
    this.#engine = engine;
    await engine.start();
    pinArtifacts({ engine, artifacts });
    logFacts(engine, this.#logger);
    const { address } = this.#keys.wallet;
    const { chainId } = this.#chain.network;
    this.#logger.info("coordinator", {
      address,
      peerId: part(this.#network).peerId,
      signatures: signingBackend(),
      chainId,
    });
  }

  #config(contracts: ContractFacts): CoordinatorConfig {
    const journal = this.#journal;
    const confirmations = this.#settings.confirmations ?? this.#file.confirmations;
    return {
      networkId: this.#file.networkId,
      coordinator: this.#keys.wallet.address,
      // The journal raises its epoch when the engine opens it, and the core's first state is made after that.
      get epoch() {
        return journal.epoch;
      },
      policy: { ...defaultPolicy, escrowIdleMs: this.#settings.escrowIdle, finalityMs: this.#settings.finality },
      sender: { ...senderDefaults, confirmations },
      indexer: { ...indexerDefaults, confirmations, startBlock: this.#chain.network.startBlock },
      ...contracts,
      lotteryKey: this.#keys.lotteryKey,
      plantedBugs: new Set(),
    };
  }

  #newSessions(artifacts: ArtifactStore): WorkerSessions {
    const journal = this.#journal;
    return new WorkerSessions(
      {
        chain: this.#chain.queries,
        artifacts,
        logger: this.#logger,
        submit: (input) => part(this.#engine).submit(input),
        isAwaited: (worker, leaseId) => part(this.#engine).read((state) => isRevealAwaited(state, worker, leaseId)),
        prove: () => this.#binding(),
        sourceOf: (peerId) => this.#heard.sourceOf(peerId),
      },
      {
        networkId: this.#file.networkId,
        protocolVersion,
        coordinator: this.#keys.wallet.address,
        beatEveryMs: defaultPolicy.beatEveryMs,
        get epoch() {
          return journal.epoch;
        },
      },
    );
  }

  #binding(): CoordinatorBinding {
    const greeting = {
      networkId: this.#file.networkId,
      coordinator: this.#keys.wallet.address,
      epoch: this.#journal.epoch,
    };
    return sealGreeting(this.#sealer, greeting, { peerId: part(this.#network).peerId, now: systemClock.wallMs() });
  }

  #newPerformer(sessions: WorkerSessions): CoordinatorPerformer {
    const { wallet } = this.#keys;
    const { domain } = this.#sealer;
    return new CoordinatorPerformer(
      {
        sessions,
        network: part(this.#network),
        artifacts: part(this.#artifacts),
        sealer: this.#sealer,
        chain: this.#chain.effects(wallet),
        signOffer: (offer) => signOffer(wallet, domain, offerHash(offer)),
      },
      { networkId: this.#file.networkId, coordinator: wallet.address },
    );
  }

  async #servePeers(): Promise<void> {
    const sessions = part(this.#sessions);
    const engine = part(this.#engine);
    // One peer may greet as several workers.
    const quota = new UploadQuota((peerId) =>
      engine.read((state) => new Map(sessions.workersOf(peerId).flatMap((one) => [...awaitedUploads(state, one)]))),
    );
    const parts = {
      sessions,
      quota,
      artifacts: part(this.#artifacts),
      heard: this.#heard,
      logger: this.#logger,
    };
    const network = part(this.#network);
    await servePeers(network, parts, this.#peerOptions());
    await serveJurors({ network, engine, workersOf: (peerId) => sessions.workersOf(peerId) });
  }

  #watchChain(): void {
    const parts = { engine: part(this.#engine), logger: this.#logger };
    this.#chain.watch(parts, { account: this.#keys.wallet.address, signal: this.#stopped.signal });
  }

  #apiParts(): ReturnType<Parameters<typeof apiServer>[0]> {
    const engine = part(this.#engine);
    const { wallet, lotteryKey } = this.#keys;
    return {
      engine,
      events: new EventLog(engine),
      artifacts: part(this.#artifacts),
      queries: this.#chain.queries,
      network: this.#chain.network,
      chainHealth: this.#chain.health,
      checks: {
        domain: this.#sealer.domain,
        coordinator: wallet.address,
        sealLottery: (jobId, secret) => sealSecret(lotteryKey, { jobId, secret, nonce: randomBytes(24) }),
      },
      sign: wallet.sign,
      networkId: this.#file.networkId,
      peerId: part(this.#network).peerId,
    };
  }
}

function part<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a part of the coordinator was used before its start");
  return value;
}

function networkOf(path: string): NetworkFile {
  const parsed = parseNetworkFile(readFileSync(path, "utf8"));
  if (!parsed.ok) throw new Error(`${path} is not a network file: ${parsed.problem}`);
  return parsed.network;
}
