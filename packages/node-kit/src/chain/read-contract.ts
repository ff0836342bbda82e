// One question to one contract.
import type { Abi, ExtractAbiFunctionNames } from "abitype";
import { hexIn } from "./answers.ts";
import type { RpcClient, RpcWaiting } from "./client.ts";
import type { Args, Outs, TypedContract } from "./typed.ts";

/** Which state to read: that after a block, or with the transactions that wait; default the latest. */
export interface ReadOptions extends RpcWaiting {
  readonly block?: number | "pending";
}

/** A view function with its arguments. */
interface ViewCall<A extends Abi, N extends ExtractAbiFunctionNames<A, "view" | "pure">> {
  readonly contract: TypedContract<A>;
  readonly name: N;
  readonly args: Args<A, N>;
}

/** Asks a view function; throws `RpcError`. */
export async function readContract<const A extends Abi, N extends ExtractAbiFunctionNames<A, "view" | "pure">>(
  rpc: RpcClient,
  { contract, name, args }: ViewCall<A, N>,
  { block, signal }: ReadOptions,
): Promise<Outs<A, N>> {
  const data = contract.encode(name, args);
  const place = typeof block === "number" ? `0x${block.toString(16)}` : (block ?? "latest");
  const params = [{ to: contract.address, data }, place];
  const answer = await rpc.request("eth_call", params, signal === undefined ? {} : { signal });
  return contract.decode(name, hexIn(answer, "result"));
}
