// Tells of every new head, by subscription where the node pushes and by asking where it does not; comes back by itself.
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Address, Hash } from "@starling/protocol";
import { type BlockHeader, count, headerIn } from "./answers.ts";
import type { RpcClient } from "./client.ts";
import { RpcError } from "./rpc-error.ts";

/** The settlement package's input of the same name. */
export interface SeenHead {
  readonly type: "headSeen";
  readonly number: number;
  readonly hash: Hash;
  readonly timestampSeconds: number;
  readonly accountNonce: number;
}

/** Who wants to know. */
export interface HeadListener {
  /** A new head, also one that replaces a block of the same height. A head that came while an older one was read may be the only one told. */
  onHead(head: SeenHead): void;
  /** The node can be reached again, or can't any more and why; told on change alone. */
  onReachable(reachable: boolean, error: unknown): void;
}

/** Tunables of a watcher. */
export interface WatchOptions {
  /** Whose nonce is read with each head. */
  readonly account: Address;
  /** How often a node that does not push is asked; with one that pushes, how long a silence may last until it is asked. */
  readonly pollMs?: number;
  readonly silenceMs?: number;
  readonly signal: AbortSignal;
}

const backoffMs = { first: 100, most: 5_000 };

/** Watches until the signal is aborted; resolves then. */
export async function watchHeads(rpc: RpcClient, listener: HeadListener, options: WatchOptions): Promise<void> {
  const watcher = new Watcher(rpc, listener, options);
  for (let failures = 0; !options.signal.aborted; ) {
    const error = await watcher.follow().then(
      // A subscription ends in silence when its connection does.
      (): unknown => new RpcError("unreachable", "the node closed the connection, or died"),
      (reason: unknown) => reason,
    );
    if (options.signal.aborted) return;
    failures = watcher.takeProgress() ? 1 : failures + 1;
    watcher.reachable(false, error);
    const longest = Math.min(backoffMs.most, backoffMs.first * 2 ** Math.min(failures, 10));
    await delay(randomInt(longest) + 1, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

class Watcher {
  readonly #rpc: RpcClient;
  readonly #listener: HeadListener;
  readonly #options: WatchOptions;
  #reachable: boolean | null = null;
  #told: Hash | null = null;
  #progressed = false;
  #newest: BlockHeader | null = null;
  #telling: Promise<void> | null = null;

  constructor(rpc: RpcClient, listener: HeadListener, options: WatchOptions) {
    this.#rpc = rpc;
    this.#listener = listener;
    this.#options = options;
  }

  /** Follows the chain until something fails. */
  async follow(): Promise<void> {
    if (this.#rpc.pushes) await this.#subscribe();
    else await this.#poll(this.#options.pollMs ?? 1_000);
  }

  /** Whether anything was told since the last question. */
  takeProgress(): boolean {
    const progressed = this.#progressed;
    this.#progressed = false;
    return progressed;
  }

  reachable(reachable: boolean, error: unknown): void {
    if (this.#reachable === reachable) return;
    this.#reachable = reachable;
    this.#listener.onReachable(reachable, error);
  }

  async #subscribe(): Promise<void> {
    const { signal } = this.#options;
    let fail: (error: unknown) => void = () => undefined;
    const broken = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    broken.catch(() => undefined);
    const { closed } = await this.#rpc.subscribeHeads(
      (notice) => {
        try {
          this.#take(headerIn(notice)).catch(fail);
        } catch (error) {
          fail(error);
        }
      },
      { signal },
    );
    const ended = new AbortController();
    // A connection may die without a word; asking now and then finds out.
    const asked = this.#poll(this.#options.silenceMs ?? 15_000, ended.signal);
    try {
      await Promise.race([closed, asked, broken]);
    } finally {
      ended.abort();
      asked.catch(() => undefined);
    }
  }

  async #poll(everyMs: number, ended?: AbortSignal): Promise<void> {
    const signal = ended === undefined ? this.#options.signal : AbortSignal.any([ended, this.#options.signal]);
    while (!signal.aborted) {
      await this.#take(headerIn(await this.#rpc.request("eth_getBlockByNumber", ["latest", false], { signal })));
      await delay(everyMs, undefined, { signal });
    }
  }

  // Heads may come faster than nonces are read: only the newest waits.
  #take(header: BlockHeader): Promise<void> {
    this.#newest = header;
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = null;
    });
    return this.#telling;
  }

  async #tell(): Promise<void> {
    const { account, signal } = this.#options;
    for (let header = this.#newest; header !== null; header = this.#newest) {
      this.#newest = null;
      if (header.hash === this.#told) continue;
      const answer = await this.#rpc.request("eth_getTransactionCount", [account, "latest"], { signal });
      const accountNonce = count(answer, "account nonce");
      this.#told = header.hash;
      this.#progressed = true;
      this.reachable(true, null);
      const { number, hash, timestampSeconds } = header;
      this.#listener.onHead({ type: "headSeen", number, hash, timestampSeconds, accountNonce });
    }
  }
}
