// Typed gRPC clients made of the protocol's plain service descriptions: plain async functions, deadlines and readable errors.
import {
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  credentials,
  Metadata,
  type MethodDefinition,
  makeGenericClientConstructor,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { callError } from "./call-error.ts";
import { IdleLimit } from "./idle-limit.ts";

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

interface MethodDescription {
  readonly name: string;
  readonly requestType: Codec<never>;
  readonly responseType: Codec<unknown>;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

interface ServiceDescription {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, unknown>>;
}

type RequestOf<M> = M extends { readonly requestType: { decode(bytes: Uint8Array): infer R } } ? R : never;
type ResponseOf<M> = M extends { readonly responseType: { decode(bytes: Uint8Array): infer R } } ? R : never;

/** How long a call may take, and the way to stop it. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Default 30 s; streams have none. */
  readonly timeoutMs?: number;
  /** How long a stream may stand still; without it a stream may be silent for as long as it likes. */
  readonly idleMs?: number;
}

type CallOf<M> = M extends { readonly requestStream: true }
  ? (requests: AsyncIterable<RequestOf<M>>, options?: CallOptions) => Promise<ResponseOf<M>>
  : M extends { readonly responseStream: true }
    ? (request: RequestOf<M>, options?: CallOptions) => AsyncIterable<ResponseOf<M>>
    : (request: RequestOf<M>, options?: CallOptions) => Promise<ResponseOf<M>>;

/** A client with one function per method of a service. */
export type ServiceClient<S extends ServiceDescription> = {
  readonly [K in keyof S["methods"]]: CallOf<S["methods"][K]>;
};

/** Where a coordinator's API is and how to prove who calls. */
export interface Endpoint {
  /** `host:port`. */
  readonly address: string;
  /** Token of the daemon's token file, or an API key. */
  readonly token: string;
  /** PEM certificates to trust; null for those of the system, and for a loopback address in clear. */
  readonly rootCertificates: Buffer | null;
}

const TIMEOUT_MS = 30_000;
const OPTIONS: ClientOptions = {
  "grpc.max_receive_message_length": 4 * 1024 * 1024,
  "grpc.max_send_message_length": 1024 * 1024,
  "grpc.keepalive_time_ms": 30_000,
  // A coordinator that restarts is back within seconds: the default back-off of two minutes would miss that.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
};

/** One connection over which any number of services is called. */
export class RpcConnection {
  readonly #endpoint: Endpoint;
  readonly #credentials: ChannelCredentials;
  readonly #clients: Client[] = [];

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#credentials =
      endpoint.rootCertificates === null && isLoopback(endpoint.address)
        ? credentials.createInsecure()
        : credentials.createSsl(endpoint.rootCertificates);
  }

  /** A client of one described service. */
  service<S extends ServiceDescription>(description: S): ServiceClient<S> {
    const entries = Object.entries(description.methods).map(
      ([key, method]) => [key, definitionOf(description, method as MethodDescription)] as const,
    );
    const definition = Object.fromEntries(entries) as ServiceDefinition;
    const Constructor = makeGenericClientConstructor(definition, description.fullName);
    const client = new Constructor(this.#endpoint.address, this.#credentials, OPTIONS);
    this.#clients.push(client);
    const calls = entries.map(([key, method]) => [key, this.#call(client, method)]);
    return Object.fromEntries(calls) as ServiceClient<S>;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #call(client: Client, method: MethodDefinition<unknown, unknown>): unknown {
    if (method.requestStream)
      return (requests: AsyncIterable<unknown>, options?: CallOptions) =>
        this.#upload(client, method, { requests, options });
    if (method.responseStream)
      return (request: unknown, options?: CallOptions) => this.#stream(client, method, { request, options });
    return (request: unknown, options?: CallOptions) => this.#unary(client, method, { request, options });
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${this.#endpoint.token}`);
    return metadata;
  }

  #unary(client: Client, method: MethodDefinition<unknown, unknown>, { request, options }: Asked): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + (options?.timeoutMs ?? TIMEOUT_MS);
      const call = client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        this.#metadata(),
        { deadline },
        (error, response) => {
          options?.signal?.removeEventListener("abort", cancel);
          if (error === null) resolve(response);
          else reject(callError(error, this.#endpoint.address));
        },
      );
      const cancel = (): void => call.cancel();
      options?.signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  async *#stream(
    client: Client,
    method: MethodDefinition<unknown, unknown>,
    { request, options }: Asked,
  ): AsyncIterable<unknown> {
    const call = client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#metadata(),
    );
    const cancel = (): void => call.cancel();
    options?.signal?.addEventListener("abort", cancel, { once: true });
    const idle = new IdleLimit(options?.idleMs, cancel);
    try {
      idle.wait();
      for await (const message of call) {
        idle.stop();
        yield message;
        idle.wait();
      }
    } catch (error) {
      throw idle.error(this.#endpoint.address) ?? callError(error, this.#endpoint.address);
    } finally {
      idle.stop();
      options?.signal?.removeEventListener("abort", cancel);
      call.cancel();
    }
  }

  #upload(
    client: Client,
    method: MethodDefinition<unknown, unknown>,
    { requests, options }: { readonly requests: AsyncIterable<unknown>; readonly options: CallOptions | undefined },
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = client.makeClientStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        this.#metadata(),
        (error, response) => {
          idle.stop();
          const { address } = this.#endpoint;
          if (error === null) resolve(response);
          else reject(idle.error(address) ?? callError(error, address));
        },
      );
      const idle = new IdleLimit(options?.idleMs, () => call.cancel());
      options?.signal?.addEventListener("abort", () => call.cancel(), { once: true });
      const pump = async (): Promise<void> => {
        for await (const message of requests) {
          if (call.write(message)) continue;
          idle.wait();
          // A refused upload never drains: its end is as good a reason to go on.
          await new Promise((go) => call.once("drain", go).once("close", go).once("error", go));
          idle.stop();
        }
        call.end();
        // The rest is on its way, and the answer comes when it is on the other side's disk.
        idle.wait();
      };
      pump().catch((error: unknown) => {
        idle.stop();
        call.cancel();
        reject(error);
      });
    });
  }
}

const HOST_PORT = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):([0-9]{1,5})$/;

/** Whether the text is `host:port`. */
export function isHostPort(address: string): boolean {
  const port = Number(HOST_PORT.exec(address)?.[2] ?? 0);
  return port > 0 && port < 65_536;
}

// A token never crosses a network in clear.
function isLoopback(address: string): boolean {
  const host = HOST_PORT.exec(address)?.[1] ?? "";
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

interface Asked {
  readonly request: unknown;
  readonly options: CallOptions | undefined;
}

function definitionOf(service: ServiceDescription, method: MethodDescription): MethodDefinition<unknown, unknown> {
  const requestType = method.requestType as Codec<unknown>;
  const { responseType } = method;
  return {
    path: `/${service.fullName}/${method.name}`,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: (value) => Buffer.from(requestType.encode(value).finish()),
    requestDeserialize: (bytes) => requestType.decode(bytes),
    responseSerialize: (value) => Buffer.from(responseType.encode(value).finish()),
    responseDeserialize: (bytes) => responseType.decode(bytes),
  };
}
