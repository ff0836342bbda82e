// A node of a chain that can't be trusted: stands before a real one on 127.0.0.1, over HTTP and WebSocket, and spoils what its plan says.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { RpcClient, RpcError } from "@starling/node-kit";
import { type FateKind, type FaultPlan, honestPlan } from "./rpc-faults.ts";
import { agedCall, agedResult, isKnown, type Lies } from "./rpc-lies.ts";
import { acceptWebSocket, type TextSocket } from "./websocket-server.ts";

/** A call on its way. */
export interface WireCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/**
 * Looks at calls before they reach the node and after; whatever it waits for holds the call up, and a rejection breaks the
 * connection there. `result` is undefined before, and for an error. Calls whose caller is gone are not shown.
 */
export type WireHook = (call: WireCall, moment: "before" | "after", result: unknown) => Promise<void> | void;

interface Request extends WireCall {
  readonly id: unknown;
}

/** Who asked; the socket of one that can be told of heads. */
interface Caller {
  readonly isGone: () => boolean;
  readonly socket: TextSocket | null;
}

/** What the caller gets: an answer, silence, or a broken connection. */
type Outcome = { readonly answer: object } | "silence" | "cut";

const refusal = { code: -32_005, message: "limit exceeded" };

/** A running proxy. The plan, the lies and the hook may be changed at any moment. */
export class RpcProxy {
  plan: FaultPlan = honestPlan;
  lies: Lies = {};
  hook: WireHook = () => undefined;
  /** How often each fate was met. */
  readonly met = new Map<FateKind, number>();
  readonly #server: Server;
  readonly #upstream: RpcClient;
  readonly #pushing: RpcClient;
  readonly #sockets = new Set<TextSocket>();
  readonly #subscribers = new Map<string, TextSocket>();
  readonly #stop = new AbortController();

  private constructor(node: { readonly httpUrl: string; readonly wsUrl: string }) {
    this.#upstream = new RpcClient(node.httpUrl);
    this.#pushing = new RpcClient(node.wsUrl);
    this.#server = createServer((request, response) => void this.#overHttp(request, response));
    this.#server.on("upgrade", (request, socket) => this.#accept(request, socket));
  }

  /** Starts before a node. */
  static async start(node: { readonly httpUrl: string; readonly wsUrl: string }): Promise<RpcProxy> {
    const proxy = new RpcProxy(node);
    await proxy.#pushing.subscribeHeads((head) => proxy.#tell(head));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get wsUrl(): string {
    return this.httpUrl.replace("http", "ws");
  }

  /** Breaks every connection that is open now. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.cut();
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error("the proxy is closed"));
    this.cutAll();
    this.#upstream.close();
    this.#pushing.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #overHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const caller = { isGone: () => request.socket.destroyed, socket: null };
    const asked = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Request | readonly Request[];
    const outcomes = await Promise.all([asked].flat().map((one) => this.#treat(one as Request, caller)));
    if (outcomes.includes("cut")) request.socket.destroy();
    const answers = outcomes.flatMap((outcome) => (typeof outcome === "string" ? [] : [outcome.answer]));
    // One call of a batch without an answer leaves the batch without one.
    if (answers.length === outcomes.length) response.end(JSON.stringify(Array.isArray(asked) ? answers : answers[0]));
  }

  #accept(request: IncomingMessage, raw: Duplex): void {
    const socket = acceptWebSocket(request, raw, (text) => {
      const caller = { isGone: () => !socket.isOpen, socket };
      void this.#treat(JSON.parse(text) as Request, caller).then((outcome) => {
        if (outcome === "cut") socket.cut();
        else if (outcome !== "silence") socket.send(JSON.stringify(outcome.answer));
      });
    });
    this.#sockets.add(socket);
    void socket.closed.then(() => this.#sockets.delete(socket));
  }

  #tell(head: unknown): void {
    if (!isKnown(this.lies, head)) return;
    for (const [subscription, socket] of this.#subscribers)
      socket.send(
        JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params: { subscription, result: head } }),
      );
  }

  async #treat({ id, method, params }: Request, caller: Caller): Promise<Outcome> {
    const { kind, ms } = this.plan(method);
    this.met.set(kind, (this.met.get(kind) ?? 0) + 1);
    if (kind === "drop") return "silence";
    if (kind === "cut") return "cut";
    if (kind === "refuse") return { answer: { jsonrpc: "2.0", id, error: refusal } };
    const call = { method, params };
    try {
      if (kind === "delay") await this.#wait(ms);
      await this.#show(call, "before", { caller });
      if (kind === "twice") await this.#forward(call, caller.socket);
      const given = await this.#forward(call, caller.socket);
      await this.#show(call, "after", { caller, result: "result" in given ? given.result : undefined });
      if (kind === "late") await this.#wait(ms);
      if (kind === "dropAfter") return "silence";
      if (kind === "cutAfter") return "cut";
      return { answer: { jsonrpc: "2.0", id, ...(kind === "refuseAfter" ? { error: refusal } : given) } };
    } catch {
      // The node is gone, or this proxy is.
      return "cut";
    }
  }

  async #show(
    call: WireCall,
    moment: "before" | "after",
    { caller, result }: { readonly caller: Caller; readonly result?: unknown },
  ): Promise<void> {
    if (!caller.isGone()) await this.hook(call, moment, result);
  }

  async #wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal });
  }

  async #forward(
    call: WireCall,
    socket: TextSocket | null,
  ): Promise<{ readonly result: unknown } | { readonly error: object }> {
    if (call.method === "eth_subscribe" && socket !== null) return { result: this.#subscribe(socket) };
    const { lies } = this;
    if (call.method === "eth_chainId" && lies.chainId !== undefined)
      return { result: `0x${lies.chainId.toString(16)}` };
    try {
      const result = await this.#upstream.request(call.method, agedCall(lies, call), { signal: this.#stop.signal });
      return { result: agedResult(lies, call.method, result) };
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== "rejected") throw error;
      const { message, rpcCode, data } = error;
      return { error: { code: rpcCode ?? 0, message, ...(data === null ? {} : { data }) } };
    }
  }

  #subscribe(socket: TextSocket): string {
    const subscription = `0x${(this.#subscribers.size + 1).toString(16)}`;
    this.#subscribers.set(subscription, socket);
    return subscription;
  }
}
