// The network as the daemons see it: peers, framed streams, gossip and the DHT, with no vendor's type in it.
import type { ProfileName } from "./profiles.ts";

/** One gossip topic and its bounds; every member of the network must use the same. */
export interface TopicRule {
  readonly name: string;
  /** Largest message in bytes; larger ones are refused when published and rejected when received. */
  readonly maxBytes: number;
  /** Most messages a second that one sender may publish. */
  readonly messagesPerSecondMax?: number;
}

/** Bounds of one stream protocol that differ from the defaults. */
export interface ProtocolRule {
  readonly name: string;
  readonly frameBytesMax?: number;
  /** Most streams of the protocol that one connection may have open in one direction. */
  readonly streamsMax?: number;
}

/** How a network node is set up. */
export interface NetworkOptions {
  readonly networkId: string;
  /** Ed25519: a 32-byte seed, the 64 raw bytes of libp2p, or its protobuf form. */
  readonly privateKey: Uint8Array;
  /** Multiaddresses to listen on. */
  readonly listen: readonly string[];
  /** Multiaddresses to advertise instead of those listened on. */
  readonly announce?: readonly string[];
  /** Local IP address to dial from; on a devnet it tells workers of one machine apart. */
  readonly dialFrom?: string;
  /** Multiaddresses of hubs, kept connected; with their peer id where it is known. */
  readonly bootstrap: readonly string[];
  /** Hubs are DHT servers with a wide gossip fan-out, clients only ask the DHT. */
  readonly role: "hub" | "client";
  readonly profile: ProfileName;
  readonly topics: readonly TopicRule[];
  readonly protocols?: readonly ProtocolRule[];
  readonly dht: boolean;
  readonly gossip: boolean;
  /** JSON file in which the addresses of peers are remembered between starts. */
  readonly peerCachePath?: string;
  /** File URL of a module with the hooks of `NetworkCodec`. */
  readonly codecModule?: string;
  /** Overrides the profile's bound on connections. */
  readonly connectionsMax?: number;
  /** Most gossip messages handed over and not yet consumed; beyond it they are dropped. */
  readonly gossipInFlightMax?: number;
  /** File URL of the thread's entry, for bundled daemons; see `thread-entry.ts`. */
  readonly threadEntry?: string;
}

/** Lets a caller stop waiting. */
export interface Waiting {
  readonly signal?: AbortSignal;
}

/** A gossip message that passed all checks. */
export interface GossipMessage {
  readonly topic: string;
  /** Peer id of the author, whose signature was verified. */
  readonly from: string;
  readonly data: Uint8Array;
  /** What the codec module made of it. */
  readonly decoded?: unknown;
}

/** Somebody to connect to; with the peer id nobody else can answer in his place. */
export interface PeerTarget {
  readonly peerId?: string;
  readonly addresses: readonly string[];
}

/** A connected peer. */
export interface ConnectedPeer {
  readonly peerId: string;
  /** Multiaddress that the connection comes from or goes to. */
  readonly remoteAddress: string;
  readonly direction: "inbound" | "outbound";
}

/** A peer that a DHT query found. */
export interface ProviderPeer {
  readonly peerId: string;
  readonly addresses: readonly string[];
}

/** How many providers to look for, and for how long. */
export interface ProviderQuery extends Waiting {
  readonly limit: number;
  readonly waitMs?: number;
}

/** Something that an operator should know and that stops nothing. */
export interface NetworkWarning {
  readonly code: "BootstrapUnreachable" | "PeerDenied" | "PeerCacheUnusable" | "ThreadRejection";
  readonly message: string;
}

/** Figures of the network thread, for metrics. */
export interface NetworkStats {
  readonly connections: number;
  readonly streams: number;
  readonly gossipReceived: number;
  readonly gossipDropped: number;
  readonly gossipRejected: number;
  readonly peersDenied: number;
}

/** A duplex stream of frames to one peer. */
export interface FrameStream {
  readonly id: number;
  readonly protocol: string;
  readonly remotePeer: string;
  /** Multiaddress of the connection under the stream, for subnet rules. */
  readonly remoteAddress: string;
  /** Resolves when credit allows more; rejects when the stream is closed or the frame too large. The frame must not change until then. */
  send(frame: Uint8Array): Promise<void>;
  /** Sets the reader; credit for a frame returns when it returns, or when its promise resolves; a rejection aborts the stream. */
  onFrame(listener: (frame: Uint8Array, decoded?: unknown) => void | Promise<void>): void;
  /** Called once, after the last frame; with the reason when the stream did not end in order. */
  onClose(listener: (reason?: Error) => void): void;
  /** Ends the stream after what was sent; resolves when both sides have ended. */
  close(): Promise<void>;
  /** Ends the stream at once and drops what is queued. */
  abort(error: Error): void;
}

/** A running node. */
export interface Network {
  readonly peerId: string;
  /** Multiaddresses under which the node can be reached, with its peer id. */
  addresses(): string[];
  /** Signs and gossips a message; `recipients` counts the direct neighbours that got it. */
  publish(topic: string, data: Uint8Array): Promise<{ recipients: number }>;
  subscribe(topic: string): void;
  /** Sets a reader of gossip; a returned promise holds the message's place in the bounded queue. */
  onGossip(listener: (message: GossipMessage) => void | Promise<void>): void;
  /** Called when a neighbour subscribes to one of our topics: from then on a message reaches somebody. */
  onSubscriber(listener: (subscriber: { peerId: string; topic: string }) => void): void;
  connect(target: PeerTarget, options?: Waiting): Promise<{ peerId: string; remoteAddress: string }>;
  /** Keeps a connection to the peer, redialling for ever with growing, jittered pauses. */
  keepConnected(target: PeerTarget): void;
  /** Ends the care of `keepConnected`; the connection itself stays. */
  letGo(peerId: string): void;
  openStream(peerId: string, protocol: string, options?: Waiting): Promise<FrameStream>;
  /** Takes streams of the protocol; resolves when peers can open them. */
  handle(protocol: string, onStream: (stream: FrameStream) => void): Promise<void>;
  /** Stores a provider record and keeps it fresh; `stored` counts the servers that took it. */
  provide(key: string, options?: Waiting): Promise<{ stored: number }>;
  stopProviding(key: string): Promise<void>;
  /** Up to `limit` providers; with `waitMs` what was found by then, since dead servers make a query slow. */
  findProviders(key: string, options: ProviderQuery): Promise<ProviderPeer[]>;
  putRecord(key: string, value: Uint8Array, options?: Waiting): Promise<{ stored: number }>;
  getRecord(key: string, options?: Waiting): Promise<Uint8Array | null>;
  peers(): Promise<ConnectedPeer[]>;
  stats(): Promise<NetworkStats>;
  onPeer(listener: (change: { peerId: string; connected: boolean }) => void): void;
  onWarning(listener: (warning: NetworkWarning) => void): void;
  /** The thread died; the process must end. Without a listener the error is thrown. */
  onFatal(listener: (error: Error) => void): void;
  close(): Promise<void>;
}
