// A file of peers that answered before, newest first: a way back into the network when every bootstrap node is dead.
import { readFile, rename, writeFile } from "node:fs/promises";
import { cachedPeersMax } from "../limits.ts";
import type { NetworkWarning, PeerTarget } from "../network.ts";

type CachedPeer = Required<PeerTarget>;

/** Writing waits this long for more news. */
const writeDelayMs = 2_000;

/** Addresses kept of one peer. */
const addressesMax = 8;

/** The cache of one node; without a path it remembers nothing. */
export class PeerCache {
  readonly #path: string | undefined;
  readonly #warn: (warning: NetworkWarning) => void;
  readonly #peers = new Map<string, CachedPeer>();
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string | undefined, warn: (warning: NetworkWarning) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  /** Reads the file and returns its peers, newest first; an unreadable file is a warning and an empty cache. */
  async load(): Promise<readonly CachedPeer[]> {
    if (this.#path === undefined) return [];
    try {
      const parsed: unknown = JSON.parse(await readFile(this.#path, "utf8"));
      const peers = Array.isArray(parsed) ? parsed.filter(isCachedPeer).slice(0, cachedPeersMax) : [];
      // Oldest first, as `remember` keeps them.
      for (const peer of peers.toReversed()) this.#peers.set(peer.peerId, peer);
      return peers;
    } catch (error) {
      if (!isMissingFile(error)) this.#unusable(error);
      return [];
    }
  }

  /** Puts a peer that just answered first. */
  remember(peer: CachedPeer): void {
    if (this.#path === undefined || peer.addresses.length === 0) return;
    this.#peers.delete(peer.peerId);
    this.#peers.set(peer.peerId, { ...peer, addresses: [...new Set(peer.addresses)].slice(0, addressesMax) });
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > cachedPeersMax && oldest !== undefined) this.#peers.delete(oldest);
    this.#timer ??= setTimeout(() => void this.flush(), writeDelayMs);
  }

  /** Writes the file now, by renaming, so that a crash leaves the old one. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#path === undefined || this.#peers.size === 0) return;
    const next = `${this.#path}.next`;
    try {
      await writeFile(next, `${JSON.stringify([...this.#peers.values()].toReversed(), undefined, 1)}\n`);
      await rename(next, this.#path);
    } catch (error) {
      this.#unusable(error);
    }
  }

  #unusable(error: unknown): void {
    this.#warn({ code: "PeerCacheUnusable", message: error instanceof Error ? error.message : String(error) });
  }
}

function isCachedPeer(value: unknown): value is CachedPeer {
  if (typeof value !== "object" || value === null) return false;
  const peerId: unknown = Reflect.get(value, "peerId");
  const addresses: unknown = Reflect.get(value, "addresses");
  return (
    typeof peerId === "string" && Array.isArray(addresses) && addresses.every((address) => typeof address === "string")
  );
}

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, "code") === "ENOENT";
}
