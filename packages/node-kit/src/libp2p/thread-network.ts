// The main thread's end of the network: turns the port's calls into messages, and messages into the listeners' calls.
import type { Worker } from "node:worker_threads";
import { assertNever } from "@starling/kernel";
import { fromPlainError, NetworkError } from "./errors.ts";
import type { FromThread, StreamInfo, ToThread } from "./messages.ts";
import type {
  ConnectedPeer,
  FrameStream,
  GossipMessage,
  Network,
  NetworkStats,
  NetworkWarning,
  PeerTarget,
  ProviderPeer,
  ProviderQuery,
  Waiting,
} from "./network.ts";
import { PendingCalls } from "./thread-calls.ts";
import { ThreadStream } from "./thread-stream.ts";

/** How long the thread may take to say goodbye. */
const closeMs = 5_000;

/** A network whose libp2p runs in another thread. */
export class ThreadNetwork implements Network {
  readonly #worker: Worker;
  readonly #calls: PendingCalls;
  readonly #streams = new Map<number, ThreadStream>();
  readonly #handlers = new Map<string, (stream: FrameStream) => void>();
  readonly #gossipListeners: ((message: GossipMessage) => void | Promise<void>)[] = [];
  readonly #subscriberListeners: ((subscriber: { peerId: string; topic: string }) => void)[] = [];
  readonly #peerListeners: ((change: { peerId: string; connected: boolean }) => void)[] = [];
  readonly #warningListeners: ((warning: NetworkWarning) => void)[] = [];
  readonly #fatalListeners: ((error: Error) => void)[] = [];
  #peerId = "";
  #addresses: string[] = [];
  #gossipConsumed = 0;
  #state: "open" | "closing" | "dead" = "open";
  #starting: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#calls = new PendingCalls((message) => this.#post(message));
    worker.on("message", (message: FromThread) => this.#receive(message));
    worker.on("error", (error) => this.#died(error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", (code) => this.#died(new Error(`the network thread ended with code ${code}`)));
  }

  /** Resolves when the node listens; rejects when the thread could not start it. */
  started(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
    });
  }

  get peerId(): string {
    return this.#peerId;
  }

  addresses(): string[] {
    return [...this.#addresses];
  }

  publish(topic: string, data: Uint8Array): Promise<{ recipients: number }> {
    return this.#calls.call("publish", { topic, data });
  }

  subscribe(topic: string): void {
    void this.#calls.call("subscribe", { topic }).catch((error: unknown) => this.#misused(error));
  }

  onGossip(listener: (message: GossipMessage) => void | Promise<void>): void {
    this.#gossipListeners.push(listener);
  }

  onSubscriber(listener: (subscriber: { peerId: string; topic: string }) => void): void {
    this.#subscriberListeners.push(listener);
  }

  connect(target: PeerTarget, options: Waiting = {}): Promise<{ peerId: string; remoteAddress: string }> {
    return this.#calls.call("connect", target, options.signal);
  }

  keepConnected(target: PeerTarget): void {
    void this.#calls.call("keepConnected", target).catch((error: unknown) => this.#misused(error));
  }

  letGo(peerId: string): void {
    void this.#calls.call("letGo", { peerId }).catch((error: unknown) => this.#misused(error));
  }

  async openStream(peerId: string, protocol: string, options: Waiting = {}): Promise<FrameStream> {
    const id = await this.#calls.call("openStream", { peerId, protocol }, options.signal);
    const stream = this.#streams.get(id);
    if (stream === undefined) throw new NetworkError("StreamReset", `${peerId} ended ${protocol} at once`);
    return stream;
  }

  async handle(protocol: string, onStream: (stream: FrameStream) => void): Promise<void> {
    this.#handlers.set(protocol, onStream);
    await this.#calls.call("handle", { protocol });
  }

  provide(key: string, options: Waiting = {}): Promise<{ stored: number }> {
    return this.#calls.call("provide", { key }, options.signal);
  }

  async stopProviding(key: string): Promise<void> {
    await this.#calls.call("stopProviding", { key });
  }

  findProviders(key: string, options: ProviderQuery): Promise<ProviderPeer[]> {
    const { limit, waitMs, signal } = options;
    return this.#calls.call("findProviders", { key, limit, waitMs }, signal);
  }

  putRecord(key: string, value: Uint8Array, options: Waiting = {}): Promise<{ stored: number }> {
    return this.#calls.call("putRecord", { key, value }, options.signal);
  }

  getRecord(key: string, options: Waiting = {}): Promise<Uint8Array | null> {
    return this.#calls.call("getRecord", { key }, options.signal);
  }

  peers(): Promise<ConnectedPeer[]> {
    return this.#calls.call("peers", null);
  }

  stats(): Promise<NetworkStats> {
    return this.#calls.call("stats", null);
  }

  onPeer(listener: (change: { peerId: string; connected: boolean }) => void): void {
    this.#peerListeners.push(listener);
  }

  onWarning(listener: (warning: NetworkWarning) => void): void {
    this.#warningListeners.push(listener);
  }

  onFatal(listener: (error: Error) => void): void {
    this.#fatalListeners.push(listener);
  }

  async close(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "closing";
    // A failure to say goodbye in order changes nothing: the thread ends either way.
    await this.#calls.call("close", null, AbortSignal.timeout(closeMs)).catch(() => undefined);
    await this.#worker.terminate();
    this.#finish(new NetworkError("NetworkClosed", "the network was closed"));
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    if (this.#state !== "dead") this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case "ready":
        this.#peerId = message.peerId;
        this.#addresses = message.addresses;
        this.#starting?.resolve();
        break;
      case "addresses":
        this.#addresses = message.addresses;
        break;
      case "result":
        this.#answered(message.id, message.value);
        break;
      case "failure":
        this.#calls.fail(message.id, message.error);
        break;
      case "opened":
        this.#opened(message.stream);
        break;
      case "frames":
        this.#streams.get(message.stream)?.receive(message.frames, message.decoded);
        break;
      case "credit":
        this.#streams.get(message.stream)?.credit(message.frames, message.bytes);
        break;
      case "ended":
        this.#streams.get(message.stream)?.remoteEnded();
        break;
      case "closed": {
        const stream = this.#streams.get(message.stream);
        this.#streams.delete(message.stream);
        stream?.closed(message.error === undefined ? undefined : fromPlainError(message.error));
        break;
      }
      case "gossip":
        this.#gossiped(message);
        break;
      case "subscriber":
        for (const listener of this.#subscriberListeners) listener(message);
        break;
      case "peer":
        for (const listener of this.#peerListeners) listener(message);
        break;
      case "warning":
        for (const listener of this.#warningListeners) listener(message.warning);
        break;
      default:
        assertNever(message, "message of the network thread");
    }
  }

  #answered(id: number, value: unknown): void {
    if (this.#calls.answer(id, value)) return;
    // A stream that came into being after its caller gave up has no owner.
    if (typeof value === "number") this.#streams.get(value)?.abort(new NetworkError("Aborted", "nobody waits for it"));
  }

  #opened(info: StreamInfo): void {
    const stream = new ThreadStream(info, (message, transfer) => this.#post(message, transfer));
    this.#streams.set(info.id, stream);
    if (info.direction === "outbound") return;
    const handler = this.#handlers.get(info.protocol);
    if (handler === undefined) stream.abort(new NetworkError("ProtocolUnhandled", info.protocol));
    else handler(stream);
  }

  #gossiped({ topic, from, data, decoded }: Extract<FromThread, { kind: "gossip" }>): void {
    const waits = this.#gossipListeners.map((listener) => listener({ topic, from, data, decoded }));
    const promises = waits.filter((wait) => wait !== undefined);
    if (promises.length === 0) this.#gossipDone();
    else void Promise.all(promises).then(() => this.#gossipDone());
  }

  #gossipDone(): void {
    this.#gossipConsumed += 1;
    if (this.#gossipConsumed > 1) return;
    setImmediate(() => {
      this.#post({ kind: "gossipCredit", messages: this.#gossipConsumed });
      this.#gossipConsumed = 0;
    });
  }

  /** A call without an answer failed: its argument was wrong, and nobody else can tell. */
  #misused(error: unknown): void {
    if (this.#state === "open") throw error;
  }

  #died(error: Error): void {
    if (this.#state === "closing" || this.#state === "dead") return;
    const fatal = new NetworkError("NetworkClosed", `the network thread died: ${error.message}`, error);
    const starting = this.#starting;
    const started = this.#peerId !== "";
    this.#finish(fatal);
    if (!started && starting !== undefined) {
      starting.reject(fatal);
      return;
    }
    if (this.#fatalListeners.length === 0) throw fatal;
    for (const listener of this.#fatalListeners) listener(fatal);
  }

  #finish(reason: NetworkError): void {
    this.#state = "dead";
    this.#calls.close(reason);
    for (const stream of this.#streams.values()) stream.closed(reason);
    this.#streams.clear();
  }
}
