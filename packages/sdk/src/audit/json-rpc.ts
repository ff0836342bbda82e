// Questions to a node of the chain, over HTTP or a WebSocket: an audit must not see the chain through the coordinator's eyes.
import { StarlingError } from "../call-error.ts";

/** Asks a node; throws `StarlingError` when it does not answer, or refuses. */
export interface ChainNode {
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  close(): void;
}

/** The node answers, and does not do what it is asked: a range of blocks may be too wide for it. */
export class ChainRefusal extends StarlingError {}

/** Limit of one question. */
const timeoutMs = 20_000;

/** A node by its URL: http, https, ws or wss. */
export function chainNode(url: string): ChainNode {
  if (/^https?:\/\//.test(url))
    return { request: (method, params) => overHttp(url, method, params), close: () => undefined };
  if (/^wss?:\/\//.test(url)) return new SocketNode(url);
  throw new StarlingError(
    "configuration",
    `"${url}" is not the address of a chain's node: it starts with http:// or ws://`,
  );
}

async function overHttp(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return resultOf(await answer.json(), url);
  } catch (cause) {
    throw cause instanceof StarlingError ? cause : silent(url, cause);
  }
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: StarlingError) => void;
}

// One connection; answers find their questions by id.
class SocketNode implements ChainNode {
  readonly #url: string;
  readonly #waiting = new Map<number, Waiting>();
  #socket: Promise<WebSocket> | null = null;
  #nextId = 1;

  constructor(url: string) {
    this.#url = url;
  }

  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    this.#socket ??= this.#open();
    const socket = await this.#socket;
    const id = this.#nextId;
    this.#nextId += 1;
    const late = setTimeout(() => this.#waiting.get(id)?.reject(silent(this.#url, "no answer in time")), timeoutMs);
    try {
      const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      return resultOf(await answer, this.#url);
    } finally {
      clearTimeout(late);
      this.#waiting.delete(id);
    }
  }

  close(): void {
    this.#socket?.then(
      (socket) => socket.close(),
      () => undefined,
    );
  }

  #open(): Promise<WebSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#url);
      const end = (): void => {
        const error = silent(this.#url, "the connection is closed");
        reject(error);
        for (const waiting of this.#waiting.values()) waiting.reject(error);
      };
      socket.addEventListener("open", () => resolve(socket));
      socket.addEventListener("error", end);
      socket.addEventListener("close", end);
      socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    });
  }

  #take(text: string): void {
    const answer: unknown = JSON.parse(text);
    const id = isObject(answer) ? answer.id : null;
    if (typeof id === "number") this.#waiting.get(id)?.resolve(answer);
  }
}

function resultOf(answer: unknown, url: string): unknown {
  if (!isObject(answer)) throw silent(url, "what answers there is not a node of a chain");
  const { error } = answer;
  if (isObject(error))
    throw new ChainRefusal("unavailable", `the chain's node at ${url} refuses: ${String(error.message).slice(0, 300)}`);
  return answer.result;
}

function silent(url: string, cause: unknown): StarlingError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StarlingError("unavailable", `no node of the chain answers at ${url} (${why})`, { cause });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
