// Streams that stand still are ended: each holds a place, and half of a file.
import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import { RpcRefusal } from "./rpc-refusal.ts";

function standsStill(ms: number): RpcRefusal {
  const message = `nothing was sent or taken for ${ms / 1_000} s`;
  return new RpcRefusal({ code: "timedOut", status: status.DEADLINE_EXCEEDED, message });
}

/** The messages of a caller, each of which has to come in time; throws `RpcRefusal` otherwise. */
export async function* inTime(requests: AsyncIterable<unknown>, ms: number): AsyncGenerator<unknown> {
  const parts = requests[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await limited(parts.next(), ms);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: it would wait for the very message that does not come.
    void parts.return?.().catch(() => undefined);
  }
}

/** Resolves when the caller has taken what was written; throws `RpcRefusal` when it does not in time, or the signal's reason. */
export async function drained(stream: NodeJS.EventEmitter, ms: number, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  try {
    await limited(once(stream, "drain", { signal: AbortSignal.any([signal, ended.signal]) }), ms);
  } finally {
    ended.abort();
  }
}

async function limited<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(standsStill(ms)), ms);
  });
  try {
    // Whichever loses may still fail, and nobody listens to it then.
    promise.catch(() => undefined);
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
