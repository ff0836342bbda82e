// Finds coordinators in every way at once: network file, own cache, and the DHT; offers on gossip come through the core.
import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { errorFields, type Logger, type Network } from "@starling/node-kit";
import {
  type Address,
  capabilityKey,
  coordinatorBucket,
  isAddress,
  type NetworkFile,
  type RuntimeClass,
  shardsAt,
} from "@starling/protocol";
import type { CoordinatorLinks, CoordinatorTarget, Link } from "./links.ts";
import { pause } from "./pause.ts";

/** Parts of a finder. */
export interface FinderDeps {
  readonly network: Network;
  readonly links: CoordinatorLinks;
  readonly logger: Logger;
}

/** Where to look. */
export interface FinderOptions {
  readonly file: Pick<NetworkFile, "networkId" | "coordinators">;
  readonly bootstrap: readonly string[];
  readonly classes: readonly RuntimeClass[];
  readonly dht: boolean;
  readonly cachePath: string;
}

const CACHED_MAX = 32;
const SHARD_DEPTH = 0;
const PROVIDERS_MAX = 20;
const QUERY_LIMIT_MS = 3_000;
// Without any link there is nothing else to do; with one, a new coordinator can wait for its first offer.
const LONELY_EVERY_MS = 2_000;
const LINKED_EVERY_MS = 5 * 60_000;

/** Keeps looking until it is stopped. */
export class CoordinatorFinder {
  readonly #deps: FinderDeps;
  readonly #options: FinderOptions;
  readonly #stopped = new AbortController();
  readonly #known = new Map<string, CoordinatorTarget>();
  #looking: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();

  constructor(deps: FinderDeps, options: FinderOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  start(): void {
    const { links } = this.#deps;
    for (const target of this.#listed()) links.follow(target);
    for (const target of readCache(this.#options.cachePath)) {
      this.#known.set(target.peerId, target);
      links.follow(this.#vouched(target));
    }
    if (this.#options.dht) this.#looking = this.#look();
  }

  /** Remembers a coordinator for the next start. */
  remember(link: Link): void {
    const { peerId, target, stream } = link;
    const addresses = target.addresses.length > 0 ? target.addresses : [stream.remoteAddress];
    // An account that nobody vouched for is not worth more for having been written down.
    const kept: CoordinatorTarget = { peerId, addresses, coordinator: target.coordinator, source: "cache" };
    if (JSON.stringify(this.#known.get(peerId)) === JSON.stringify(kept)) return;
    this.#known.delete(peerId);
    this.#known.set(peerId, kept);
    const oldest = this.#known.keys().next();
    if (this.#known.size > CACHED_MAX && oldest.done === false) this.#known.delete(oldest.value);
    this.#writing = this.#writing.then(() => this.#write());
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error("the worker stops"));
    await this.#looking;
    await this.#writing;
  }

  // Coordinators whose peer ids stand in bootstrap addresses.
  #listed(): CoordinatorTarget[] {
    const addresses = new Map<string, string[]>();
    for (const address of this.#options.bootstrap) {
      const peerId = peerIdIn(address);
      if (peerId !== null) addresses.set(peerId, [...(addresses.get(peerId) ?? []), address]);
    }
    return this.#options.file.coordinators.flatMap(({ address: coordinator, peerId }) => {
      const found = addresses.get(peerId);
      return found === undefined ? [] : [{ peerId, addresses: found, coordinator, source: "bootstrap" as const }];
    });
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopped;
    const { links } = this.#deps;
    while (!signal.aborted) {
      for (const name of this.#options.classes) await this.#query(name);
      await pause(links.count === 0 ? LONELY_EVERY_MS : LINKED_EVERY_MS, signal);
    }
  }

  async #query(name: RuntimeClass): Promise<void> {
    const { network, links, logger } = this.#deps;
    const { signal } = this.#stopped;
    const space = { networkId: this.#options.file.networkId, shardDepth: SHARD_DEPTH };
    for (const shard of shardsAt(SHARD_DEPTH)) {
      if (signal.aborted) return;
      const key = capabilityKey(space, coordinatorBucket(name), shard);
      try {
        const providers = await network.findProviders(key, { limit: PROVIDERS_MAX, waitMs: QUERY_LIMIT_MS, signal });
        for (const { peerId, addresses } of providers)
          links.follow(this.#vouched({ peerId, addresses, source: "dht" }));
      } catch (error) {
        logger.debug("coordinators not found in the DHT", errorFields(error));
      }
    }
  }

  // The network file ties accounts to peer ids, wherever the address came from.
  #vouched(target: CoordinatorTarget): CoordinatorTarget {
    const listed = this.#options.file.coordinators.find(({ peerId }) => peerId === target.peerId);
    return listed === undefined ? target : { ...target, coordinator: listed.address };
  }

  async #write(): Promise<void> {
    const path = this.#options.cachePath;
    const text = `${JSON.stringify([...this.#known.values()], null, 1)}\n`;
    try {
      await writeFile(`${path}.new`, text, { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (error) {
      this.#deps.logger.warn("coordinators not remembered", { path, ...errorFields(error) });
    }
  }
}

/** The peer id at the end of a multiaddress. */
export function peerIdIn(address: string): string | null {
  return /\/p2p\/([1-9A-HJ-NP-Za-km-z]+)$/.exec(address)?.[1] ?? null;
}

// A damaged cache is an empty one: the other ways remain.
function readCache(path: string): CoordinatorTarget[] {
  try {
    const found: unknown = JSON.parse(readFileSync(path, "utf8"));
    return Array.isArray(found) ? found.slice(0, CACHED_MAX).flatMap(targetIn) : [];
  } catch {
    return [];
  }
}

function targetIn(entry: unknown): CoordinatorTarget[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { peerId, addresses, coordinator } = entry as Record<string, unknown>;
  if (typeof peerId !== "string" || !Array.isArray(addresses)) return [];
  const texts = addresses.filter((address): address is string => typeof address === "string");
  const account: Address | undefined =
    typeof coordinator === "string" && isAddress(coordinator) ? coordinator : undefined;
  return [{ peerId, addresses: texts, coordinator: account, source: "cache" }];
}
