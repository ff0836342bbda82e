// How handlers see calls: plain async functions over messages, with back-pressure on every stream.
import type { Identity } from "./identity.ts";
import { drained } from "./idle.ts";
import type { RequestOf, ResponseOf } from "./service-adapter.ts";

/** What a handler knows of its call beside the request. */
export interface CallContext {
  readonly identity: Identity;
  /** Aborts when the caller goes away or the server stops. */
  readonly signal: AbortSignal;
}

/** Writes one message of a stream and resolves when the transport can take more. */
export type Emit<Response> = (message: Response) => Promise<void>;

type HandlerOf<M> = M extends { readonly requestStream: true }
  ? (requests: AsyncIterable<RequestOf<M>>, context: CallContext) => Promise<ResponseOf<M>>
  : M extends { readonly responseStream: true }
    ? (request: RequestOf<M>, emit: Emit<ResponseOf<M>>, context: CallContext) => Promise<void>
    : (request: RequestOf<M>, context: CallContext) => Promise<ResponseOf<M>>;

/** One handler per method of a generated service description; a missing one does not compile. */
export type Handlers<S extends { readonly methods: object }> = {
  readonly [K in keyof S["methods"]]: HandlerOf<S["methods"][K]>;
};

interface Writable {
  write(message: unknown): boolean;
  once(event: "drain" | "close", listener: () => void): unknown;
}

/** An emitter that awaits `drain`, so that a slow reader holds back its writer and not the memory; one that takes nothing is given up. */
export function emitter(
  stream: Writable & NodeJS.EventEmitter,
  { signal, idleMs }: { readonly signal: AbortSignal; readonly idleMs: number },
): Emit<unknown> {
  return async (message) => {
    signal.throwIfAborted();
    if (!stream.write(message)) await drained(stream, idleMs, signal);
  };
}
