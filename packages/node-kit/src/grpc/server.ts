// The gRPC server: policy table, identity, caps on calls in flight, errors with details, graceful stop.
import { randomUUID } from "node:crypto";
import { Server, ServerCredentials, type UntypedHandleCall } from "@grpc/grpc-js";
import type { Handlers } from "./call.ts";
import { type Guard, guardedCall } from "./guard.ts";
import { HealthState, healthDescription, healthHandlers } from "./health.ts";
import type { Credentials } from "./identity.ts";
import { serviceDefinition } from "./service-adapter.ts";

/** `public` needs no identity (health alone); `known` needs one. A method that is missing from the table stops the start. */
export type Access = "public" | "known";

interface AnyService {
  readonly fullName: string;
  readonly methods: Readonly<
    Record<string, { readonly name: string; readonly requestStream: boolean; readonly responseStream: boolean }>
  >;
}

/** A service with its handlers, erased for the server's list. */
export interface BoundService {
  readonly description: AnyService;
  readonly handlers: Readonly<Record<string, unknown>>;
  readonly access: Readonly<Record<string, Access>>;
}

/** Binds handlers to a generated description; every method needs a handler and an access rule. */
export function bindService<S extends AnyService>(
  description: S,
  handlers: Handlers<S>,
  access: { readonly [K in keyof S["methods"]]: Access },
): BoundService {
  return { description, handlers, access: access as Readonly<Record<string, Access>> };
}

export interface GrpcServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly credentials: Credentials;
  /** PEM key and certificate; required for anything that isn't loopback. */
  readonly tls: { readonly key: Buffer; readonly certificate: Buffer } | null;
  readonly callsInFlightMax: number;
  /** How long a stream may stand still while the other side has to move, milliseconds; default one minute. */
  readonly idleMs?: number;
  readonly onError: (error: unknown, context: { readonly method: string; readonly id: string }) => void;
}

const LIMITS = {
  // Artifacts travel in chunks of at most 256 KiB, so one message never needs more.
  "grpc.max_receive_message_length": 1024 * 1024,
  "grpc.max_send_message_length": 4 * 1024 * 1024,
  "grpc.max_concurrent_streams": 100,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
};

const IDLE_MS = 60_000;

/** Whether the host is this machine itself. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A server with identity, limits and health around plain handlers. */
export class GrpcServer {
  readonly #server = new Server(LIMITS);
  readonly #options: GrpcServerOptions;
  readonly #stopping = new AbortController();
  readonly health = new HealthState();

  constructor(services: readonly BoundService[], options: GrpcServerOptions) {
    this.#options = options;
    if (options.tls === null && !isLoopback(options.host)) {
      throw new Error(
        `the API on ${options.host} needs a TLS key and certificate: only loopback addresses may be served in clear`,
      );
    }
    const guard: Guard = {
      credentials: options.credentials,
      callsInFlightMax: options.callsInFlightMax,
      inFlight: { public: 0, known: 0 },
      stopping: this.#stopping.signal,
      idleMs: options.idleMs ?? IDLE_MS,
      onError: options.onError,
      newId: randomUUID,
    };
    const health = bindService(healthDescription, healthHandlers(this.health), { check: "public", watch: "public" });
    for (const service of [...services, health]) this.#add(service, guard);
  }

  #add(service: BoundService, guard: Guard): void {
    const implementation: Record<string, UntypedHandleCall> = {};
    for (const [key, method] of Object.entries(service.description.methods)) {
      const access = service.access[key];
      const handler = service.handlers[key];
      if (access === undefined || handler === undefined)
        throw new Error(`${service.description.fullName}.${method.name} has no handler or no access rule`);
      implementation[key] = guardedCall(guard, {
        method,
        access,
        handler,
        path: `${service.description.fullName}/${method.name}`,
      });
    }
    this.#server.addService(serviceDefinition(service.description), implementation);
  }

  /** Binds and serves; resolves with the port. */
  start(): Promise<number> {
    const { host, port, tls } = this.#options;
    const credentials =
      tls === null
        ? ServerCredentials.createInsecure()
        : ServerCredentials.createSsl(null, [{ private_key: tls.key, cert_chain: tls.certificate }], false);
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(`${host}:${port}`, credentials, (error, bound) => {
        if (error !== null)
          reject(new Error(`cannot serve the API on ${host}:${port}: ${error.message}`, { cause: error }));
        else {
          this.health.set(true);
          resolve(bound);
        }
      });
    });
  }

  /** Tells health watchers, ends streams, lets unary calls finish within the grace time, then closes. */
  stop(graceMs: number): Promise<void> {
    this.health.set(false);
    this.#stopping.abort(new Error("the server stops"));
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#server.forceShutdown(), graceMs);
      this.#server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
