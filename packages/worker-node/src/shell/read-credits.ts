// Reads from the chain what its contracts keep for a worker and its operator.
import type { ChainQueries } from "@starling/node-kit";
import type { Address } from "@starling/protocol";
import type { SeenCredits } from "./ports.ts";

/** Whose gas, and at which block. */
interface CreditPlace {
  readonly worker: Address;
  /** What no reorg changes any more: a ruling that is taken back brings nothing. */
  readonly blockNumber: number;
  readonly signal: AbortSignal;
}

/** Throws `RpcError` when the node cannot be asked: the core asks again by itself. */
export async function readCredits(
  queries: ChainQueries,
  accounts: readonly Address[],
  { worker, blockNumber, signal }: CreditPlace,
): Promise<SeenCredits> {
  const places = accounts.flatMap((account) => (["court", "escrow"] as const).map((keeper) => ({ keeper, account })));
  const [credits, balance, price] = await Promise.all([
    Promise.all(
      places.map(async ({ keeper, account }) => {
        const amount = await queries.credit(account, keeper, { block: blockNumber, signal });
        return { keeper, account, amount };
      }),
    ),
    queries.etherBalance(worker, { signal }),
    queries.gasPrice({ signal }),
  ]);
  return { blockNumber, credits, gas: { balance, price } };
}
