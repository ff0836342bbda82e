// Reads from the chain what a worker's vouchers would bring.
import type { ChainQueries } from "@starling/node-kit";
import type { Address, EscrowId } from "@starling/protocol";
import type { SeenClaims } from "./ports.ts";

/** Whose vouchers, and at which blocks. */
export interface ClaimPlace {
  readonly worker: Address;
  /** The head. */
  readonly blockNumber: number;
  /** What no reorg changes any more. */
  readonly confirmedBlock: number;
  readonly signal: AbortSignal;
}

/** Throws `RpcError` when the node cannot be asked: the core asks again by itself. */
export async function readClaims(
  queries: ChainQueries,
  escrowIds: readonly EscrowId[],
  { worker, blockNumber, confirmedBlock, signal }: ClaimPlace,
): Promise<SeenClaims> {
  const at = { block: blockNumber, signal };
  const read = async (escrowId: EscrowId): Promise<SeenClaims["claims"][number]> => {
    const [escrow, account] = await Promise.all([queries.escrow(escrowId, at), queries.account(escrowId, worker, at)]);
    const { phase, committedAtSeconds, deadlineSeconds } = escrow;
    const confirmed = phase === "closed" ? await queries.escrow(escrowId, { block: confirmedBlock, signal }) : escrow;
    return {
      escrowId,
      phase,
      isOver: confirmed.phase === "closed",
      allotted: account.allotted,
      claimed: account.claimed,
      allottedUntilSeconds: account.expiresAtSeconds,
      endsAtSeconds: committedAtSeconds === 0 ? deadlineSeconds : committedAtSeconds,
    };
  };
  const [claims, { claimSeconds }, balance, price] = await Promise.all([
    Promise.all(escrowIds.map(read)),
    queries.windows({ signal }),
    queries.etherBalance(worker, { signal }),
    queries.gasPrice({ signal }),
  ]);
  return { blockNumber, claims, claimSeconds, gas: { balance, price } };
}
