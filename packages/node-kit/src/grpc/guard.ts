// What stands before every handler: identity, deadline, a cap on calls in flight; and behind it: errors with details.
import type { EventEmitter } from "node:events";
import {
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { type CallContext, emitter } from "./call.ts";
import { type Credentials, type Identity, identify } from "./identity.ts";
import { inTime } from "./idle.ts";
import { RpcRefusal } from "./rpc-refusal.ts";
import type { Access } from "./server.ts";
import { detailsMetadata } from "./status-details.ts";

/** State that all calls of a server share. */
export interface Guard {
  readonly credentials: Credentials;
  readonly callsInFlightMax: number;
  readonly inFlight: Record<Access, number>;
  readonly stopping: AbortSignal;
  /** How long a stream may stand still while the other side has to move, milliseconds. */
  readonly idleMs: number;
  readonly onError: (error: unknown, context: { readonly method: string; readonly id: string }) => void;
  readonly newId: () => string;
}

interface GuardedMethod {
  readonly method: { readonly requestStream: boolean; readonly responseStream: boolean };
  readonly access: Access;
  readonly handler: unknown;
  readonly path: string;
}

type AnyCall =
  | ServerUnaryCall<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerReadableStream<unknown, unknown>;
type UnaryHandler = (request: unknown, context: CallContext) => Promise<unknown>;
type ClientStreamHandler = (requests: AsyncIterable<unknown>, context: CallContext) => Promise<unknown>;
type ServerStreamHandler = (
  request: unknown,
  emit: (message: unknown) => Promise<void>,
  context: CallContext,
) => Promise<void>;

// A unary call without a deadline, or with one further off than this, would let a caller hold a slot for ever.
const UNARY_DEADLINE_MAX_MS = 5 * 60_000;

// Strangers may watch health for as long as they like, and must not use up the places of those who are known.
const PUBLIC_CALLS_MAX = 64;

/** Wraps one handler for grpc-js. */
export function guardedCall(guard: Guard, guarded: GuardedMethod): UntypedHandleCall {
  const { method, handler } = guarded;
  if (method.requestStream) {
    return (call: ServerReadableStream<unknown, unknown>, callback: sendUnaryData<unknown>) =>
      void answer(guard, { guarded, call, callback }, (context) =>
        (handler as ClientStreamHandler)(inTime(call, guard.idleMs), context),
      );
  }
  if (method.responseStream) {
    return (call: ServerWritableStream<unknown, unknown>) => void serveStream(guard, guarded, call);
  }
  return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) =>
    void answer(guard, { guarded, call, callback }, (context) => (handler as UnaryHandler)(call.request, context));
}

interface Answered {
  readonly guarded: GuardedMethod;
  readonly call: AnyCall;
  readonly callback: sendUnaryData<unknown>;
}

async function answer(
  guard: Guard,
  { guarded, call, callback }: Answered,
  run: (context: CallContext) => Promise<unknown>,
): Promise<void> {
  try {
    const response = await within(guard, { guarded, call }, run);
    callback(null, response);
  } catch (error) {
    callback(serviceError(guard, guarded, error));
  }
}

async function serveStream(
  guard: Guard,
  guarded: GuardedMethod,
  call: ServerWritableStream<unknown, unknown>,
): Promise<void> {
  // A destroyed stream reports here as well as by `cancelled`; without a listener it would end the process.
  call.on("error", () => undefined);
  try {
    await within(guard, { guarded, call }, (context) =>
      (guarded.handler as ServerStreamHandler)(
        call.request,
        emitter(call, { signal: context.signal, idleMs: guard.idleMs }),
        context,
      ),
    );
    call.end();
  } catch (error) {
    if (call.cancelled) return;
    call.emit("error", serviceError(guard, guarded, error));
  }
}

async function within<T>(
  guard: Guard,
  { guarded, call }: { guarded: GuardedMethod; call: AnyCall },
  run: (context: CallContext) => Promise<T>,
): Promise<T> {
  const identity = admit(guard, guarded, call);
  const { access } = guarded;
  if (guard.inFlight[access] >= (access === "public" ? PUBLIC_CALLS_MAX : guard.callsInFlightMax)) {
    throw new RpcRefusal({
      code: "overloaded",
      status: status.RESOURCE_EXHAUSTED,
      message: "too many calls are in flight; try again shortly",
      retryAfterMs: 500,
    });
  }
  const ended = new AbortController();
  const onCancelled = (): void => ended.abort(new Error("the caller went away"));
  const events: EventEmitter = call;
  events.on("cancelled", onCancelled);
  guard.inFlight[access] += 1;
  try {
    return await run({ identity, signal: AbortSignal.any([ended.signal, guard.stopping]) });
  } finally {
    guard.inFlight[access] -= 1;
    events.off("cancelled", onCancelled);
  }
}

function admit(guard: Guard, { access, method }: GuardedMethod, call: AnyCall): Identity {
  const [authorization] = call.metadata.get("authorization");
  const identity = identify(typeof authorization === "string" ? authorization : undefined, guard.credentials);
  if (identity === null && access === "known") {
    const message =
      "this call needs an identity: send metadata `authorization: Bearer TOKEN` with the token of the daemon's token file or an API key";
    throw new RpcRefusal({ code: "unauthenticated", status: status.UNAUTHENTICATED, message });
  }
  if (!method.responseStream && !method.requestStream) requireDeadline(call);
  return identity ?? { kind: "account", address: "" };
}

function requireDeadline(call: AnyCall): void {
  const deadline = call.getDeadline();
  const at = deadline instanceof Date ? deadline.getTime() : deadline;
  if (Number.isFinite(at) && at - Date.now() <= UNARY_DEADLINE_MAX_MS) return;
  const message = `this call needs a deadline of at most ${UNARY_DEADLINE_MAX_MS / 1000} s`;
  throw new RpcRefusal({ code: "deadlineRequired", status: status.INVALID_ARGUMENT, message });
}

// Only refusals that were meant for the caller reach him; everything else is logged under an id that he may quote.
function serviceError(guard: Guard, { path }: GuardedMethod, error: unknown): Error & { code: number } {
  if (error instanceof RpcRefusal)
    return Object.assign(new Error(error.message), {
      code: error.status,
      details: error.message,
      metadata: detailsMetadata(error),
    });
  if (guard.stopping.aborted)
    return Object.assign(new Error("the daemon is stopping; try again"), {
      code: status.UNAVAILABLE,
      details: "the daemon is stopping; try again",
    });
  const id = guard.newId();
  guard.onError(error, { method: path, id });
  const details = `internal error ${id}: see the daemon's log`;
  return Object.assign(new Error(details), { code: status.INTERNAL, details });
}
