// The contract of the codec module: the protocol's decoding, limits and signature checks, which run inside the network thread.

/** What becomes of a gossip message: delivered and forwarded, dropped, or dropped and held against the peer that sent it. */
export type GossipVerdict = "accept" | "ignore" | "reject";

/** A verdict, with the decoded message when it is accepted. */
export interface GossipJudgement {
  readonly verdict: GossipVerdict;
  readonly decoded?: unknown;
}

/** What a module named by `NetworkOptions.codecModule` may export; what it leaves out is passed on unchecked. */
export interface NetworkCodec {
  /**
   * Decodes and checks one frame; what it returns is cloned to the main thread. Throwing ends the stream.
   * `from` is the authenticated remote peer.
   */
  decode?(protocol: string, frame: Uint8Array, from: string): unknown;
  /**
   * Judges one gossip message whose author's libp2p signature already holds. "reject" is for provable faults only.
   * Throwing counts as "reject".
   */
  validateGossip?(
    topic: string,
    from: string,
    data: Uint8Array,
  ): GossipVerdict | GossipJudgement | Promise<GossipVerdict | GossipJudgement>;
  /** Checks a DHT record and returns its sequence, of which the highest wins. Throwing refuses the record. */
  validateRecord?(key: string, value: Uint8Array): bigint | number | Promise<bigint | number>;
}

/** Loads a codec module by its file URL; an empty codec when none is named. */
export async function loadCodec(moduleUrl: string | undefined): Promise<NetworkCodec> {
  if (moduleUrl === undefined) return {};
  const loaded: unknown = await import(moduleUrl);
  if (!isCodec(loaded)) throw new TypeError(`${moduleUrl} exports no codec`);
  return loaded;
}

function isCodec(value: unknown): value is NetworkCodec {
  if (typeof value !== "object" || value === null) return false;
  const hooks = ["decode", "validateGossip", "validateRecord"].filter((name) => name in value);
  return hooks.length > 0 && hooks.every((name) => typeof Reflect.get(value, name) === "function");
}
