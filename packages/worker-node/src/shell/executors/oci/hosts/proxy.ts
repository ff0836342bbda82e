// The only way out of a container: an HTTP proxy that passes on what goes to the hosts that its task asked for, and refuses all else.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket, Server as SocketServer } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import { parseHost, partsOfHost } from "@starling/protocol";
import { type DialRules, dial, NotReached } from "./dial.ts";
import { type HostBytes, Traffic } from "./traffic.ts";

/** Connections of one task at one time, and in all: each costs the owner a look-up and a place in his router's table. */
const CONNECTIONS_MAX = 32;
const DIALS_MAX = 10_000;
const HEADER_BYTES_MAX = 16_384;
const HEADERS_TIMEOUT_MS = 10_000;
/** Nothing in either direction for so long ends a connection. */
const IDLE_TIMEOUT_MS = 120_000;
/** Of one connection between a client and its proxy, and no business of the host's; the host's own name is written anew. */
const HOP_HEADERS = new Set(
  ["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"].concat(
    ["transfer-encoding", "upgrade", "host"],
  ),
);

/** What one task may reach. */
export interface ProxyOptions extends DialRules {
  /** In their one form. */
  readonly hosts: readonly string[];
  /** In both directions together, over the task's whole life. */
  readonly bytesMax: number;
}

/** The proxy of one task. */
export class HostProxy {
  readonly #options: ProxyOptions;
  readonly #traffic: Traffic;
  readonly #closing = new AbortController();
  readonly #open = new Set<Duplex>();
  readonly #server: Server;
  #dials = 0;
  /** To hosts, from the moment that one is asked for. A client may ask for many in one connection. */
  #connections = 0;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#traffic = new Traffic(options.bytesMax);
    this.#server = createServer({
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: HEADERS_TIMEOUT_MS / 2,
      // A body may take its time; silence ends it.
      requestTimeout: 0,
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.on("connection", (socket: Socket) => this.#hold(socket));
    this.#server.on("connect", (message, socket, head) => void this.#tunnel(message, socket, head));
    this.#server.on("request", (message, answer) => void this.#forward(message, answer));
    this.#server.on("upgrade", (_message, socket) => socket.destroy());
    this.#server.on("clientError", (_error, socket) => socket.destroy());
    this.#server.on("error", () => undefined);
  }

  /** Serves a socket that listens already, or a port of this machine where it is a number. */
  listen(on: SocketServer | { readonly port: number; readonly host: string }): Server {
    return this.#server.listen(on);
  }

  bytes(): HostBytes {
    return this.#traffic.bytes();
  }

  /** Ends every connection, at once. */
  close(): void {
    this.#closing.abort();
    this.#server.close();
    for (const one of this.#open) one.destroy();
  }

  #hold(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    socket.on("error", () => undefined);
    socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy());
  }

  async #tunnel({ url = "" }: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    try {
      const host = await this.#reach(url);
      if (client.destroyed) return void host.destroy();
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) client.unshift(head);
      this.#traffic.join(client, host);
    } catch (error) {
      const reason = reasonOf(error);
      client.end(
        `HTTP/1.1 ${statusOf(error)}\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length + 1}\r\nConnection: close\r\n\r\n${reason}\n`,
      );
    }
  }

  async #forward(message: IncomingMessage, answer: ServerResponse): Promise<void> {
    // An answer that is cut off has no other way to say so.
    const cut = (): void => void answer.destroy();
    try {
      const { host, path } = targetOf(message.url ?? "");
      const socket = await this.#reach(host);
      if (answer.destroyed) return void socket.destroy();
      const [near, far] = duplexPair();
      this.#traffic.join(far, socket);
      answer.once("close", () => near.destroy());
      const headers = { ...passedOn(message.headers), host: hostHeader(host), connection: "close" };
      const { method } = message;
      const forwarded = request({ createConnection: () => near, method, path, headers, setHost: false });
      forwarded.once("error", cut);
      forwarded.once("response", (found) => {
        found.once("error", cut);
        answer.writeHead(found.statusCode ?? 502, passedOn(found.headers));
        found.pipe(answer);
      });
      message.once("error", cut).pipe(forwarded);
    } catch (error) {
      const [status, text] = statusOf(error).split(/ (.*)/);
      answer.writeHead(Number(status), text, { "content-type": "text/plain", connection: "close" });
      answer.end(`${reasonOf(error)}\n`);
    }
  }

  async #reach(target: string): Promise<Socket> {
    const read = parseHost(target);
    if (!read.ok || !this.#options.hosts.includes(read.value))
      throw new NotReached(`${target.slice(0, 300)} is not among the hosts that this task asked for`);
    if (this.#traffic.isSpent) throw new NotReached("the task has spent its bytes");
    if (this.#connections >= CONNECTIONS_MAX) throw new NotReached("the task has too many connections at one time");
    this.#dials += 1;
    if (this.#dials > DIALS_MAX) throw new NotReached("the task has made too many connections");
    const socket = await this.#connected(read.value);
    if (!this.#closing.signal.aborted) return socket;
    socket.destroy();
    throw new NotReached("the task is over");
  }

  async #connected(host: string): Promise<Socket> {
    const end = (): void => {
      this.#connections -= 1;
    };
    this.#connections += 1;
    const dialled = dial(host, this.#options, this.#closing.signal);
    dialled.catch(end);
    const socket = await dialled;
    socket.once("close", end);
    this.#hold(socket);
    return socket;
  }
}

/** Of a request for a whole address, as clients send them to proxies. */
function targetOf(url: string): { readonly host: string; readonly path: string } {
  const match = /^http:\/\/([^/?#@]+)((?:[/?#].*)?)$/i.exec(url);
  if (match === null) throw new NotReached("a proxy is asked with CONNECT, or for http:// and a host");
  const [, authority = "", rest = ""] = match;
  const path = rest.split("#")[0] ?? "";
  return {
    host: authority.includes(":") ? authority : `${authority}:80`,
    path: path.startsWith("/") ? path : `/${path}`,
  };
}

function hostHeader(host: string): string {
  const { name, port } = partsOfHost(host);
  return port === 80 ? name : host;
}

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name)));
}

function statusOf(error: unknown): string {
  return error instanceof NotReached ? "403 Forbidden" : "502 Bad Gateway";
}

// What else went wrong is the machine's own business.
function reasonOf(error: unknown): string {
  return error instanceof NotReached ? error.message : "the host can't be reached";
}
