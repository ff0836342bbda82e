// The network thread's heart: owns the node and its parts, answers the main thread's calls, and reports what happens.
import type { Connection } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { NetworkCodec } from "../codec.ts";
import { NetworkError, toPlainError } from "../errors.ts";
import type { CallName, Post, ThreadCalls, ToThread } from "../messages.ts";
import type { ConnectedPeer, NetworkOptions, NetworkStats, NetworkWarning, PeerTarget } from "../network.ts";
import { profiles } from "../profiles.ts";
import { Directory } from "./directory.ts";
import { Gatekeeper } from "./gatekeeper.ts";
import { Gossip } from "./gossip.ts";
import { createNode, type Node } from "./node.ts";
import { PeerCache } from "./peer-cache.ts";
import { dialPeer, Redial } from "./redial.ts";
import { Streams } from "./streams.ts";

/** One answer per call, with the call's own arguments and result. */
type Answers = {
  readonly [Name in CallName]: (
    args: ThreadCalls[Name]["args"],
    signal: AbortSignal,
  ) => Promise<ThreadCalls[Name]["result"]> | ThreadCalls[Name]["result"];
};

/** How many remembered peers are dialled at start. */
const cachedDialsMax = 4;

/** A node together with all that serves the main thread. */
export class ThreadNode {
  readonly #options: NetworkOptions;
  readonly #post: Post;
  readonly #node: Node;
  readonly #gatekeeper: Gatekeeper;
  readonly #streams: Streams;
  readonly #gossip: Gossip | undefined;
  readonly #directory: Directory | undefined;
  readonly #redial: Redial;
  readonly #cache: PeerCache;
  readonly #running = new Map<number, AbortController>();

  static async create(options: NetworkOptions, codec: NetworkCodec, post: Post): Promise<ThreadNode> {
    const gatekeeper = new Gatekeeper(profiles[options.profile]);
    const node = await createNode(options, codec, gatekeeper);
    return new ThreadNode({ options, codec, post, gatekeeper, node });
  }

  private constructor(parts: {
    readonly options: NetworkOptions;
    readonly codec: NetworkCodec;
    readonly post: Post;
    readonly gatekeeper: Gatekeeper;
    readonly node: Node;
  }) {
    const { options, codec, post, gatekeeper, node } = parts;
    const { libp2p, pubsub, dht } = node;
    this.#options = options;
    this.#post = post;
    this.#node = node;
    this.#gatekeeper = gatekeeper;
    this.#streams = new Streams({ node: libp2p, codec, post, protocols: options.protocols ?? [] });
    const deny = (peerId: string) => this.#deny(peerId);
    this.#gossip = pubsub === undefined ? undefined : new Gossip({ pubsub, codec, post, options, deny });
    this.#directory = dht === undefined ? undefined : new Directory(dht, codec);
    const warn = (warning: NetworkWarning) => this.warn(warning);
    this.#redial = new Redial(libp2p, { warn, onRegained: () => void this.#directory?.renew() });
    this.#cache = new PeerCache(options.peerCachePath, warn);
  }

  /** Listens, says so, and begins to look for the others. */
  async start(): Promise<void> {
    const { libp2p } = this.#node;
    this.#report();
    await libp2p.start();
    this.#post({ kind: "ready", peerId: libp2p.peerId.toString(), addresses: this.#addresses() });
    for (const address of this.#options.bootstrap) this.#redial.keep({ addresses: [address] });
    for (const peer of (await this.#cache.load()).slice(0, cachedDialsMax)) {
      // A hint and no more: whoever is gone is not asked again.
      dialPeer(libp2p, peer, AbortSignal.timeout(cachedDialMs)).catch(() => undefined);
    }
  }

  receive(message: ToThread): void {
    switch (message.kind) {
      case "call":
        void this.#answer(message.id, message.name, message.args);
        break;
      case "cancel":
        this.#running.get(message.id)?.abort();
        break;
      case "send":
        this.#streams.get(message.stream)?.send(message.joined, message.frames);
        break;
      case "credit":
        this.#streams.get(message.stream)?.credit(message.frames, message.bytes);
        break;
      case "gossipCredit":
        this.#gossip?.credit(message.messages);
        break;
      case "endStream":
        this.#streams.get(message.stream)?.end();
        break;
      case "abortStream":
        this.#streams.get(message.stream)?.abort(new NetworkError("Aborted", message.message));
        break;
    }
  }

  warn(warning: NetworkWarning): void {
    this.#post({ kind: "warning", warning });
  }

  readonly #answers: Answers = {
    connect: (target, signal) => this.#connect(target, signal),
    keepConnected: (target) => done(this.#redial.keep(target)),
    letGo: ({ peerId }) => done(this.#redial.letGo(peerId)),
    openStream: ({ peerId, protocol }, signal) => this.#streams.open(peerId, protocol, signal),
    handle: async ({ protocol }) => done(await this.#streams.handle(protocol)),
    subscribe: ({ topic }) => done(this.#needGossip().subscribe(topic)),
    publish: ({ topic, data }) => this.#needGossip().publish(topic, data),
    provide: ({ key }, signal) => this.#needDirectory().provide(key, signal),
    stopProviding: async ({ key }) => done(await this.#needDirectory().stopProviding(key)),
    findProviders: (query, signal) => this.#needDirectory().findProviders(query, signal),
    putRecord: ({ key, value }, signal) => this.#needDirectory().putRecord(key, value, signal),
    getRecord: ({ key }, signal) => this.#needDirectory().getRecord(key, signal),
    peers: () => this.#peers(),
    stats: () => this.#stats(),
    close: async () => done(await this.#close()),
  };

  async #answer(id: number, name: CallName, args: unknown): Promise<void> {
    const running = new AbortController();
    this.#running.set(id, running);
    try {
      // The sender's types tie name and arguments together; the border between the threads loses that.
      const answer = this.#answers[name] as (args: unknown, signal: AbortSignal) => unknown;
      this.#post({ kind: "result", id, value: await answer(args, running.signal) });
    } catch (error) {
      this.#post({ kind: "failure", id, error: toPlainError(error, running.signal.aborted ? "Aborted" : "Internal") });
    } finally {
      this.#running.delete(id);
    }
  }

  async #connect(target: PeerTarget, signal: AbortSignal): Promise<{ peerId: string; remoteAddress: string }> {
    const connection = await dialPeer(this.#node.libp2p, target, signal).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new NetworkError("DialFailed", `${target.peerId ?? target.addresses.join(", ")}: ${reason}`, error);
    });
    return { peerId: connection.remotePeer.toString(), remoteAddress: connection.remoteAddr.toString() };
  }

  #report(): void {
    const { libp2p } = this.#node;
    libp2p.addEventListener("peer:connect", (event) => {
      this.#post({ kind: "peer", peerId: event.detail.toString(), connected: true });
    });
    libp2p.addEventListener("peer:disconnect", (event) => {
      this.#post({ kind: "peer", peerId: event.detail.toString(), connected: false });
    });
    libp2p.addEventListener("connection:open", (event) => this.#remember(event.detail, []));
    // After identification we know where a peer that dialled us listens.
    libp2p.addEventListener("peer:identify", (event) =>
      this.#remember(event.detail.connection, event.detail.listenAddrs),
    );
    libp2p.addEventListener("self:peer:update", () => {
      this.#post({ kind: "addresses", addresses: this.#addresses() });
    });
  }

  #remember(connection: Connection, listening: readonly Multiaddr[]): void {
    // The address that we dialled is proven; what the peer says of itself is only likely.
    const proven = connection.direction === "outbound" ? [connection.remoteAddr] : [];
    const addresses = [...proven, ...listening].map((address) => address.toString());
    this.#cache.remember({ peerId: connection.remotePeer.toString(), addresses });
  }

  #addresses(): string[] {
    return this.#node.libp2p.getMultiaddrs().map((address) => address.toString());
  }

  #deny(peerId: string): void {
    if (!this.#gatekeeper.deny(peerId)) return;
    this.warn({ code: "PeerDenied", message: `${peerId} gossiped too much that is invalid` });
    // A connection that does not close in order is closed all the same.
    this.#node.libp2p.hangUp(peerIdFromString(peerId)).catch(() => undefined);
  }

  #peers(): ConnectedPeer[] {
    return this.#node.libp2p.getConnections().map((connection) => ({
      peerId: connection.remotePeer.toString(),
      remoteAddress: connection.remoteAddr.toString(),
      direction: connection.direction,
    }));
  }

  #stats(): NetworkStats {
    const counts = this.#gossip?.counts;
    return {
      connections: this.#node.libp2p.getConnections().length,
      streams: this.#streams.count,
      gossipReceived: counts?.received ?? 0,
      gossipDropped: counts?.dropped ?? 0,
      gossipRejected: counts?.rejected ?? 0,
      peersDenied: this.#gatekeeper.deniedCount,
    };
  }

  async #close(): Promise<void> {
    this.#redial.stop();
    await this.#cache.flush();
    await this.#node.libp2p.stop();
  }

  #needGossip(): Gossip {
    if (this.#gossip === undefined) throw new NetworkError("TopicUnknown", "gossip is switched off");
    return this.#gossip;
  }

  #needDirectory(): Directory {
    if (this.#directory === undefined) throw new NetworkError("DirectoryUnavailable", "the DHT is switched off");
    return this.#directory;
  }
}

/** How long a remembered peer may take to answer. */
const cachedDialMs = 10_000;

/** Calls without a result answer with null. */
function done(_nothing: unknown): null {
  return null;
}
