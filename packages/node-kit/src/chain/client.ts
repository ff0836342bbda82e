// The client of one JSON-RPC node: time limits, a few retries with jitter where that helps, and short errors.
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { abortError, httpTransport } from "./http-transport.ts";
import { isTransient, RpcError, resultOf } from "./rpc-error.ts";
import { canPush, type RpcCall, type Transport } from "./transport.ts";
import { webSocketTransport } from "./websocket-transport.ts";

/** Tunables of a client. */
export interface RpcOptions {
  /** Limit of one try. */
  readonly timeoutMs: number;
  /** Tries in all. */
  readonly triesMax: number;
  /** Longest wait before the second try; doubles for each further one. */
  readonly backoffMs: number;
}

/** Values for a node nearby; a test lowers them. */
const rpcDefaults: RpcOptions = { timeoutMs: 10_000, triesMax: 3, backoffMs: 250 };

/** What a request may be given. */
export interface RpcWaiting {
  readonly signal?: AbortSignal;
}

/** A node. `http(s)://` asks only; `ws(s)://` can also be told of new heads. */
export class RpcClient {
  readonly #transport: Transport;
  readonly #options: RpcOptions;
  readonly #stop = new AbortController();

  constructor(url: string, options: Partial<RpcOptions> = {}) {
    this.#transport = /^wss?:/.test(url) ? webSocketTransport(url) : httpTransport(url);
    this.#options = { ...rpcDefaults, ...options };
  }

  /** Whether the node can tell of new heads by itself. */
  get pushes(): boolean {
    return canPush(this.#transport);
  }

  /** One call; throws `RpcError`, or the signal's reason. */
  async request(method: string, params: readonly unknown[], waiting: RpcWaiting = {}): Promise<unknown> {
    const [result] = await this.batch([{ method, params }], waiting);
    return result;
  }

  /** Several calls at once; throws when one of them fails. */
  async batch(calls: readonly RpcCall[], waiting: RpcWaiting = {}): Promise<readonly unknown[]> {
    if (calls.length === 0) return [];
    const stop = this.#signal(waiting);
    for (let attempt = 1; ; attempt += 1) {
      try {
        stop.throwIfAborted();
        const limited = AbortSignal.any([stop, AbortSignal.timeout(this.#options.timeoutMs)]);
        return (await this.#transport.send(calls, limited)).map(resultOf);
      } catch (error) {
        if (attempt >= this.#options.triesMax || !isTransient(error) || stop.aborted) throw error;
        // Jitter: clients that lost the same node do not come back in step.
        await delay(randomInt(this.#options.backoffMs * 2 ** (attempt - 1)) + 1, undefined, { signal: stop });
      }
    }
  }

  /**
   * Calls `onHead` with each new block header that the node tells of. Resolves when the subscription stands; `closed` settles
   * when the connection is gone. Throws `RpcError`, also where the node can't push.
   */
  async subscribeHeads(
    onHead: (header: unknown) => void,
    waiting: RpcWaiting = {},
  ): Promise<{ readonly closed: Promise<void> }> {
    if (!canPush(this.#transport)) throw new RpcError("rejected", "this node is asked over HTTP and can't push");
    const limited = AbortSignal.any([this.#signal(waiting), AbortSignal.timeout(this.#options.timeoutMs)]);
    if (limited.aborted) throw abortError(limited);
    return this.#transport.subscribe({ method: "eth_subscribe", params: ["newHeads"] }, onHead, limited);
  }

  /** Lets go of sockets; requests under way are rejected. */
  close(): void {
    this.#stop.abort(new RpcError("unreachable", "the client is closed"));
    this.#transport.close();
  }

  #signal({ signal }: RpcWaiting): AbortSignal {
    return signal === undefined ? this.#stop.signal : AbortSignal.any([this.#stop.signal, signal]);
  }
}
