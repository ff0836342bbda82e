// This worker in the network: its record in the DHT, on gossip and for whoever asks, under every way in which it can be found.
import { errorFields, type Logger, type Network } from "@starling/node-kit";
import {
  announcementTopic,
  encodeAnnouncement,
  encodeSignedRecord,
  recordKey,
  recordProtocol,
  type WorkerAnnouncement,
  workerKeys,
} from "@starling/protocol";
import type { OwnRecord } from "./own-record.ts";

/** Parts of a presence. */
export interface PresenceDeps {
  readonly network: Network;
  readonly record: OwnRecord;
  readonly logger: Logger;
}

/** Which ways are switched on. */
export interface PresenceOptions {
  readonly networkId: string;
  readonly dht: boolean;
  readonly gossip: boolean;
}

/** No shards: one key has room for about 200 providers. */
const SHARD_DEPTH = 0;
const LEAVE_LIMIT_MS = 1_000;

/** Makes this worker findable. */
export class Presence {
  readonly #deps: PresenceDeps;
  readonly #options: PresenceOptions;
  readonly #stopped = new AbortController();
  #isAnnounced = false;

  constructor(deps: PresenceDeps, options: PresenceOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Serves the record and publishes it in the background; resolves when peers can ask for it. */
  async start(): Promise<void> {
    const { network, record } = this.#deps;
    await network.handle(recordProtocol, (stream) => {
      stream.onFrame(async () => {
        await stream.send(encodeSignedRecord(record.current())).catch(() => undefined);
      });
    });
    record.onChange(() => {
      void this.#publishRecord();
      if (this.#isAnnounced) void this.#announce("changed");
    });
    if (this.#options.gossip) {
      const topic = announcementTopic(this.#options.networkId);
      // Before somebody listens an announcement would reach nobody.
      network.onSubscriber((subscriber) => {
        if (subscriber.topic !== topic || this.#isAnnounced) return;
        this.#isAnnounced = true;
        void this.#announce("joined");
      });
      network.subscribe(topic);
    }
    void this.#provide();
    void this.#publishRecord();
  }

  /** Tells those who listen that this worker leaves. */
  async leave(): Promise<void> {
    this.#stopped.abort(new Error("the worker stops"));
    if (!this.#isAnnounced) return;
    const limit = new Promise<void>((resolve) => setTimeout(resolve, LEAVE_LIMIT_MS).unref());
    await Promise.race([this.#announce("left"), limit]);
  }

  async #announce(kind: WorkerAnnouncement["kind"]): Promise<void> {
    const { network, record, logger } = this.#deps;
    const announcement = encodeAnnouncement({ kind, record: record.current() });
    await network
      .publish(announcementTopic(this.#options.networkId), announcement)
      .then(({ recipients }) => logger.debug("worker announced", { kind, recipients }))
      .catch((error: unknown) => logger.debug("worker not announced", { kind, ...errorFields(error) }));
  }

  // What no server took yet is said again by the network when a hub is there.
  async #provide(): Promise<void> {
    if (!this.#options.dht) return;
    const { network, record, logger } = this.#deps;
    const { signal } = this.#stopped;
    const space = { networkId: this.#options.networkId, shardDepth: SHARD_DEPTH };
    for (const key of workerKeys(space, record.current().record)) {
      if (signal.aborted) return;
      await network
        .provide(key, { signal })
        .then(({ stored }) => logger.debug("capability provided", { key, stored }))
        .catch((error: unknown) => logger.debug("capability not provided yet", { key, ...errorFields(error) }));
    }
  }

  async #publishRecord(): Promise<void> {
    if (!this.#options.dht) return;
    const { network, record, logger } = this.#deps;
    const key = recordKey(network.peerId);
    await network
      .putRecord(key, encodeSignedRecord(record.current()), { signal: this.#stopped.signal })
      .then(({ stored }) => logger.debug("record published", { stored }))
      .catch((error: unknown) => logger.debug("record not published yet", errorFields(error)));
  }
}
