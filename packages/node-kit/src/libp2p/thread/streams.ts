// All framed streams of the node: opens and accepts them, and routes the main thread's messages to their bridges.
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import type { NetworkCodec } from "../codec.ts";
import { NetworkError } from "../errors.ts";
import { frameBytesMax, protocolRules, streamsPerProtocolMax } from "../limits.ts";
import type { Post } from "../messages.ts";
import type { ProtocolRule } from "../network.ts";
import { StreamBridge } from "./stream-bridge.ts";
import { spareWindowUpdates } from "./window-updates.ts";

/** What the streams need. */
export interface StreamsContext {
  readonly node: Libp2p;
  readonly codec: NetworkCodec;
  readonly post: Post;
  readonly protocols: readonly ProtocolRule[];
}

/** The node's framed streams by number. */
export class Streams {
  readonly #context: StreamsContext;
  readonly #bridges = new Map<number, StreamBridge>();
  #next = 1;

  constructor(context: StreamsContext) {
    this.#context = context;
  }

  get count(): number {
    return this.#bridges.size;
  }

  get(id: number): StreamBridge | undefined {
    return this.#bridges.get(id);
  }

  async handle(protocol: string): Promise<void> {
    const limit = this.#streamsMax(protocol);
    await this.#context.node.handle(
      protocol,
      (stream, connection) => {
        this.#join(stream, connection, "inbound");
      },
      { maxInboundStreams: limit, maxOutboundStreams: limit, runOnLimitedConnection: true },
    );
  }

  /** Opens a stream to a peer that is connected, or whose addresses are known. */
  async open(peerId: string, protocol: string, signal: AbortSignal): Promise<number> {
    const peer = peerIdFromString(peerId);
    const connection = await this.#context.node.dial(peer, { signal }).catch((error: unknown) => {
      throw new NetworkError("DialFailed", `${peerId} can't be reached`, error);
    });
    const options = { signal, maxOutboundStreams: this.#streamsMax(protocol), runOnLimitedConnection: true };
    const stream = await connection.newStream([protocol], options).catch((error: unknown) => {
      throw new NetworkError("StreamRefused", `${peerId} does not take ${protocol}: ${String(error)}`, error);
    });
    return this.#join(stream, connection, "outbound");
  }

  #join(stream: Stream, connection: Connection, direction: "inbound" | "outbound"): number {
    const { codec, post } = this.#context;
    const remotePeer = connection.remotePeer.toString();
    const { protocol } = stream;
    const info = {
      id: this.#next++,
      protocol,
      remotePeer,
      remoteAddress: connection.remoteAddr.toString(),
      frameBytesMax: this.#rule(protocol)?.frameBytesMax ?? frameBytesMax,
      direction,
    };
    spareWindowUpdates(stream);
    post({ kind: "opened", stream: info });
    const { decode } = codec;
    const bridge = new StreamBridge({
      stream,
      info,
      post,
      decode: decode === undefined ? undefined : (frame) => decoded(() => decode(protocol, frame, remotePeer)),
      onGone: () => this.#bridges.delete(info.id),
    });
    this.#bridges.set(info.id, bridge);
    return info.id;
  }

  #rule(protocol: string): ProtocolRule | undefined {
    const named = (rule: ProtocolRule) => rule.name === protocol;
    return this.#context.protocols.find(named) ?? protocolRules.find(named);
  }

  #streamsMax(protocol: string): number {
    return this.#rule(protocol)?.streamsMax ?? streamsPerProtocolMax;
  }
}

function decoded(decode: () => unknown): unknown {
  try {
    return decode();
  } catch (error) {
    throw new NetworkError("FrameInvalid", error instanceof Error ? error.message : String(error), error);
  }
}
