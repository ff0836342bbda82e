// What can go wrong with a JSON-RPC node, told apart by whether asking again may help.
import type { Hex } from "@starling/protocol";

/**
 * `unreachable` and `timeout`: ask again later. `rejected`: the node understood and refused. `malformed`: it did not answer sensibly.
 * `wrongChain`: it serves another chain.
 */
export type RpcErrorCode = "unreachable" | "timeout" | "rejected" | "malformed" | "wrongChain";

// Nodes repeat whole payloads in their messages.
const messageCharactersMax = 300;

/** A failed request. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: RpcErrorCode;
  /** The node's own number for a rejection, such as 3 for a revert. */
  readonly rpcCode: number | null;
  /** Revert data of a rejection. */
  readonly data: Hex | null;

  constructor(
    code: RpcErrorCode,
    message: string,
    more: { rpcCode?: number; data?: Hex | null; cause?: unknown } = {},
  ) {
    super(message.slice(0, messageCharactersMax), more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
    this.rpcCode = more.rpcCode ?? null;
    this.data = more.data ?? null;
  }
}

/** EIP-1474 "limit exceeded": the node has had too many requests, or was asked for too much at once. */
const limitExceeded = -32_005;

/** Whether the same request may work later. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false;
  return error.code === "unreachable" || error.code === "timeout" || error.rpcCode === limitExceeded;
}

/** The value of one JSON-RPC answer; throws `RpcError` for an error or for nonsense. */
export function resultOf(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null) throw new RpcError("malformed", "the node's answer is no object");
  if ("error" in answer && typeof answer.error === "object" && answer.error !== null) throw rejection(answer.error);
  if (!("result" in answer)) throw new RpcError("malformed", "the node's answer has neither result nor error");
  return answer.result;
}

function rejection(error: object): RpcError {
  const message = "message" in error && typeof error.message === "string" ? error.message : "refused without a message";
  const rpcCode = "code" in error && typeof error.code === "number" ? error.code : 0;
  return new RpcError("rejected", message, { rpcCode, data: "data" in error ? revertData(error.data) : null });
}

// Some nodes put the data into an object, some into a string, some nowhere.
function revertData(data: unknown): Hex | null {
  if (typeof data === "string" && /^0x[0-9a-fA-F]*$/.test(data)) return data.toLowerCase() as Hex;
  if (typeof data === "object" && data !== null && "data" in data) return revertData(data.data);
  return null;
}
