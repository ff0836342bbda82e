// What the main thread and the network thread say to each other.
import type { PlainError } from "./errors.ts";
import type {
  ConnectedPeer,
  NetworkOptions,
  NetworkStats,
  NetworkWarning,
  PeerTarget,
  ProviderPeer,
} from "./network.ts";

/** A stream as it is introduced to the main thread. */
export interface StreamInfo {
  readonly id: number;
  readonly protocol: string;
  readonly remotePeer: string;
  readonly remoteAddress: string;
  readonly frameBytesMax: number;
  readonly direction: "inbound" | "outbound";
}

/** Calls with an answer: arguments and result of each. */
export interface ThreadCalls {
  connect: { args: PeerTarget; result: { peerId: string; remoteAddress: string } };
  keepConnected: { args: PeerTarget; result: null };
  letGo: { args: { peerId: string }; result: null };
  openStream: { args: { peerId: string; protocol: string }; result: number };
  handle: { args: { protocol: string }; result: null };
  subscribe: { args: { topic: string }; result: null };
  publish: { args: { topic: string; data: Uint8Array }; result: { recipients: number } };
  provide: { args: { key: string }; result: { stored: number } };
  stopProviding: { args: { key: string }; result: null };
  findProviders: { args: { key: string; limit: number; waitMs: number | undefined }; result: ProviderPeer[] };
  putRecord: { args: { key: string; value: Uint8Array }; result: { stored: number } };
  getRecord: { args: { key: string }; result: Uint8Array | null };
  peers: { args: null; result: ConnectedPeer[] };
  stats: { args: null; result: NetworkStats };
  close: { args: null; result: null };
}

/** The name of a call. */
export type CallName = keyof ThreadCalls;

/** From the main thread to the network thread. */
export type ToThread =
  | { readonly kind: "call"; readonly id: number; readonly name: CallName; readonly args: unknown }
  | { readonly kind: "cancel"; readonly id: number }
  /** Frames already joined with their lengths; the buffer is transferred. */
  | { readonly kind: "send"; readonly stream: number; readonly joined: Uint8Array; readonly frames: number }
  /** The main thread consumed frames of a stream. */
  | { readonly kind: "credit"; readonly stream: number; readonly frames: number; readonly bytes: number }
  | { readonly kind: "gossipCredit"; readonly messages: number }
  | { readonly kind: "endStream"; readonly stream: number }
  | { readonly kind: "abortStream"; readonly stream: number; readonly message: string };

/** From the network thread to the main thread. */
export type FromThread =
  | { readonly kind: "ready"; readonly peerId: string; readonly addresses: string[] }
  | { readonly kind: "addresses"; readonly addresses: string[] }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: PlainError }
  | { readonly kind: "opened"; readonly stream: StreamInfo }
  /** Frames in order; their buffers are transferred, and what `decoded` refers to of them comes along. */
  | { readonly kind: "frames"; readonly stream: number; readonly frames: Uint8Array[]; readonly decoded?: unknown[] }
  /** The network took frames of a stream. */
  | { readonly kind: "credit"; readonly stream: number; readonly frames: number; readonly bytes: number }
  /** The remote sends no more. */
  | { readonly kind: "ended"; readonly stream: number }
  /** The stream is gone; nothing follows. */
  | { readonly kind: "closed"; readonly stream: number; readonly error?: PlainError }
  | {
      readonly kind: "gossip";
      readonly topic: string;
      readonly from: string;
      readonly data: Uint8Array;
      readonly decoded?: unknown;
    }
  | { readonly kind: "subscriber"; readonly peerId: string; readonly topic: string }
  | { readonly kind: "peer"; readonly peerId: string; readonly connected: boolean }
  | { readonly kind: "warning"; readonly warning: NetworkWarning };

/** What the thread is started with. */
export interface ThreadData {
  readonly options: NetworkOptions;
}

/** Sends to the main thread; the buffers listed are transferred. */
export type Post = (message: FromThread, transfer?: ArrayBuffer[]) => void;
