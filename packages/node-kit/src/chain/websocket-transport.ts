// JSON-RPC over one WebSocket, opened on demand and again after it broke; requests are matched by id, notices by subscription.
import { abortError } from "./http-transport.ts";
import { RpcError, resultOf } from "./rpc-error.ts";
import type { PushTransport, RpcCall } from "./transport.ts";

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One open socket with what waits on it. It dies as a whole. */
class Connection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #notices = new Map<unknown, (payload: unknown) => void>();
  #nextId = 1;
  readonly closed: Promise<void>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#take(event.data));
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", () => {
        const error = new RpcError("unreachable", "the connection to the node broke");
        for (const { reject } of this.#waiting.values()) reject(error);
        this.#waiting.clear();
        resolve();
      });
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(call: RpcCall, signal: AbortSignal): Promise<unknown> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.delete(id);
        reject(abortError(signal));
      };
      if (signal.aborted) return abort();
      if (!this.isOpen) return reject(new RpcError("unreachable", "the connection to the node is closed"));
      signal.addEventListener("abort", abort, { once: true });
      const end = (): void => signal.removeEventListener("abort", abort);
      this.#waiting.set(id, {
        resolve: (answer) => {
          end();
          resolve(answer);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      });
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: call.method, params: call.params }));
    });
  }

  listen(subscription: unknown, onNotice: (payload: unknown) => void): void {
    this.#notices.set(subscription, onNotice);
  }

  close(): void {
    this.#socket.close();
  }

  #take(data: unknown): void {
    const message = parse(data);
    if (message === null) return;
    if (typeof message.id === "number") {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      waiting?.resolve(message);
    } else if (message.params !== undefined) this.#notices.get(message.params.subscription)?.(message.params.result);
  }
}

interface Message {
  readonly id?: unknown;
  readonly params?: { readonly subscription?: unknown; readonly result?: unknown };
}

function parse(data: unknown): Message | null {
  if (typeof data !== "string") return null;
  try {
    const message: unknown = JSON.parse(data);
    return typeof message === "object" && message !== null ? message : null;
  } catch {
    return null;
  }
}

/** Opens nothing until the first request. */
export function webSocketTransport(url: string): PushTransport {
  let opening: Promise<Connection> | null = null;
  const connection = async (signal: AbortSignal): Promise<Connection> => {
    const current = await opening?.catch(() => null);
    if (current?.isOpen) return current;
    opening = open(url, signal);
    return opening;
  };
  return {
    send: async (calls, signal) => {
      const over = await connection(signal);
      return Promise.all(calls.map((call) => over.send(call, signal)));
    },
    subscribe: async (call, onNotice, signal) => {
      const over = await connection(signal);
      over.listen(resultOf(await over.send(call, signal)), onNotice);
      return { closed: over.closed };
    },
    close: () => {
      void opening?.then(
        (current) => current.close(),
        () => undefined,
      );
      opening = null;
    },
  };
}

function open(url: string, signal: AbortSignal): Promise<Connection> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(abortError(signal));
    const socket = new WebSocket(url);
    const abort = (): void => {
      socket.close();
      reject(abortError(signal));
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.addEventListener("open", () => {
      signal.removeEventListener("abort", abort);
      resolve(new Connection(socket));
    });
    socket.addEventListener("error", () => {
      signal.removeEventListener("abort", abort);
      reject(new RpcError("unreachable", "the node takes no connection"));
    });
  });
}
