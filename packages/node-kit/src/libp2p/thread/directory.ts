// The DHT as a directory: provider records under text keys, value records under names. Its answers are hints only.
import { hash } from "node:crypto";
import type { KadDHT, ValueEvent } from "@libp2p/kad-dht";
import { CID } from "multiformats/cid";
import * as digest from "multiformats/hashes/digest";
import type { NetworkCodec } from "../codec.ts";
import { NetworkError } from "../errors.ts";
import type { ProviderPeer } from "../network.ts";
import { bestRecord, recordSequence } from "./directory-records.ts";

const rawCodec = 0x55;
const sha256Code = 0x12;

/** The node's view of the DHT. */
export class Directory {
  readonly #dht: KadDHT;
  readonly #codec: NetworkCodec;

  constructor(dht: KadDHT, codec: NetworkCodec) {
    this.#dht = dht;
    this.#codec = codec;
  }

  /** Says that this node serves the key, now and again before the record expires. */
  async provide(key: string, signal: AbortSignal): Promise<{ stored: number }> {
    let stored = 0;
    for await (const event of this.#dht.provide(providerCid(key), { signal })) {
      if (event.name === "PEER_RESPONSE" && event.messageName === "ADD_PROVIDER") stored += 1;
    }
    return { stored };
  }

  async stopProviding(key: string): Promise<void> {
    await this.#dht.cancelReprovide(providerCid(key));
  }

  /** Up to `limit` providers; what was found counts even when the signal ends the search. */
  async findProviders(key: string, limit: number, signal: AbortSignal): Promise<ProviderPeer[]> {
    const found = new Map<string, ProviderPeer>();
    for await (const event of this.#dht.findProviders(providerCid(key), { signal })) {
      if (event.name !== "PROVIDER") continue;
      for (const { id, multiaddrs } of event.providers) {
        const peerId = id.toString();
        const addresses = multiaddrs.map((address) => address.toString());
        if (found.size < limit || found.has(peerId)) found.set(peerId, { peerId, addresses });
      }
      if (found.size >= limit) break;
    }
    return [...found.values()];
  }

  async putRecord(key: string, value: Uint8Array, signal: AbortSignal): Promise<{ stored: number }> {
    await recordSequence(this.#codec, key, value);
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
}

/** A key's content id: the DHT stores sha2-256 only, and silently drops the rest. */
function providerCid(key: string): CID {
  if (key === "") throw new NetworkError("DirectoryUnavailable", "an empty key provides nothing");
  return CID.createV1(rawCodec, digest.create(sha256Code, hash("sha256", key, "buffer")));
}
