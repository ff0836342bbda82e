// The DHT as a directory: provider records under text keys, value records under names. Its answers are hints only.
import { hash } from "node:crypto";
import type { KadDHT, ValueEvent } from "@libp2p/kad-dht";
import { CID } from "multiformats/cid";
import * as digest from "multiformats/hashes/digest";
import type { NetworkCodec } from "../codec.ts";
import { NetworkError } from "../errors.ts";
import { directoryEntriesMax, renewMs } from "../limits.ts";
import type { ThreadCalls } from "../messages.ts";
import type { ProviderPeer } from "../network.ts";
import { bestRecord, recordSequence } from "./directory-records.ts";

const rawCodec = 0x55;
const sha256Code = 0x12;

/** The node's view of the DHT. */
export class Directory {
  readonly #dht: KadDHT;
  readonly #codec: NetworkCodec;
  /** What this node put into the DHT: provided keys, and the values of its records. */
  readonly #own = new Map<string, Uint8Array | undefined>();

  constructor(dht: KadDHT, codec: NetworkCodec) {
    this.#dht = dht;
    this.#codec = codec;
  }

  /** Says that this node serves the key, now and again before the record expires. */
  async provide(key: string, signal: AbortSignal): Promise<{ stored: number }> {
    this.#remember(key, undefined);
    let stored = 0;
    for await (const event of this.#dht.provide(providerCid(key), { signal })) {
      if (event.name === "PEER_RESPONSE" && event.messageName === "ADD_PROVIDER") stored += 1;
    }
    return { stored };
  }

  async stopProviding(key: string): Promise<void> {
    this.#own.delete(key);
    await this.#dht.cancelReprovide(providerCid(key));
  }

  /**
   * Says everything again: servers keep it in memory, and one that restarted would learn it only when it is renewed. What fails
   * is left to that renewal.
   */
  async renew(): Promise<void> {
    for (const [key, value] of [...this.#own]) {
      const signal = AbortSignal.timeout(renewMs);
      const again = value === undefined ? this.provide(key, signal) : this.putRecord(key, value, signal);
      await again.catch(() => undefined);
    }
  }

  /** Up to `limit` providers, or those that were found in `waitMs`. */
  async findProviders(query: ThreadCalls["findProviders"]["args"], signal: AbortSignal): Promise<ProviderPeer[]> {
    const { key, limit, waitMs } = query;
    const found = new Map<string, ProviderPeer>();
    const timer = waitMs === undefined ? undefined : AbortSignal.timeout(waitMs);
    const both = timer === undefined ? signal : AbortSignal.any([signal, timer]);
    try {
      for await (const event of this.#dht.findProviders(providerCid(key), { signal: both })) {
        if (event.name !== "PROVIDER") continue;
        for (const { id, multiaddrs } of event.providers) {
          const addresses = multiaddrs.map((address) => address.toString());
          found.set(id.toString(), { peerId: id.toString(), addresses });
        }
        if (found.size >= limit) break;
      }
    } catch (error) {
      if (timer?.aborted !== true) throw error;
    }
    return [...found.values()].slice(0, limit);
  }

  async putRecord(key: string, value: Uint8Array, signal: AbortSignal): Promise<{ stored: number }> {
    await recordSequence(this.#codec, key, value);
    this.#remember(key, value);
    let stored = 0;
    for await (const event of this.#dht.put(Buffer.from(key), value, { signal })) {
      if (event.name === "PEER_RESPONSE" && event.messageName === "PUT_VALUE") stored += 1;
    }
    return { stored };
  }

  /** The newest valid value of the key that any asked server has; null when there is none. */
  async getRecord(key: string, signal: AbortSignal): Promise<Uint8Array | null> {
    const values: Uint8Array[] = [];
    // The query's own result is lost when it fails to correct one outdated server, so values are caught as they come.
    const onProgress = (event: { readonly type: string; readonly detail?: unknown }) => {
      if (event.type === "kad-dht:query:value") values.push((event.detail as ValueEvent).value);
    };
    try {
      for await (const event of this.#dht.get(Buffer.from(key), { signal, onProgress })) void event;
    } catch (error) {
      if (values.length === 0 || signal.aborted) throw error;
    }
    const best = await bestRecord(this.#codec, key, values);
    const value = best === undefined ? undefined : values[best];
    return value === undefined ? null : new Uint8Array(value);
  }

  #remember(key: string, value: Uint8Array | undefined): void {
    if (this.#own.size >= directoryEntriesMax && !this.#own.has(key)) {
      throw new NetworkError("DirectoryUnavailable", `more than ${directoryEntriesMax} entries of one node`);
    }
    this.#own.set(key, value);
  }
}

/** A key's content id: the DHT stores sha2-256 only, and silently drops the rest. */
function providerCid(key: string): CID {
  if (key === "") throw new NetworkError("DirectoryUnavailable", "an empty key provides nothing");
  return CID.createV1(rawCodec, digest.create(sha256Code, hash("sha256", key, "buffer")));
}
