// JSON-RPC over HTTP: several calls travel as one batch.
import { RpcError } from "./rpc-error.ts";
import type { Transport } from "./transport.ts";

/** Opens nothing until the first request; connections are kept alive by the runtime. */
export function httpTransport(url: string): Transport {
  return {
    send: async (calls, signal) => {
      const body = JSON.stringify(calls.map(({ method, params }, id) => ({ jsonrpc: "2.0", id, method, params })));
      const answers = await post({ url, body, signal });
      if (!Array.isArray(answers)) throw new RpcError("malformed", "the node does not answer batches");
      return calls.map((_call, id) => answers.find((answer: { readonly id?: unknown }) => answer?.id === id));
    },
    close: () => undefined,
  };
}

async function post(request: {
  readonly url: string;
  readonly body: string;
  readonly signal: AbortSignal;
}): Promise<unknown> {
  const { url, body, signal } = request;
  try {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body, signal });
    if (!response.ok) throw new RpcError("unreachable", `the node answers HTTP ${response.status}`);
    return await response.json();
  } catch (error) {
    if (error instanceof RpcError) throw error;
    if (error instanceof SyntaxError) throw new RpcError("malformed", "the node's answer is no JSON", { cause: error });
    if (signal.aborted) throw abortError(signal);
    throw new RpcError("unreachable", `no answer from the node: ${reasonOf(error)}`, { cause: error });
  }
}

/** What an aborted signal means: a timeout of ours, or the caller's wish. */
export function abortError(signal: AbortSignal): unknown {
  const { reason } = signal;
  if (reason instanceof DOMException && reason.name === "TimeoutError")
    return new RpcError("timeout", "the node did not answer in time");
  return reason;
}

// `fetch` hides the reason (ECONNREFUSED and the like) in the cause.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return cause instanceof Error ? cause.message : error.message;
}
