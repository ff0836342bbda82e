// What a worker's node of the virtual chain says of the escrows that it holds vouchers of.
import type { Address, EscrowId } from "@starling/protocol";
import type { WorkerInput } from "@starling/worker-node/core";
import type { VirtualChain } from "./virtual-chain.ts";

type Seen = Omit<Extract<WorkerInput, { readonly type: "claimsSeen" }>, "type">;

/** Ether enough for everything: who has no gas is the worker core's own test. */
const GAS = { balance: 10n ** 18n, price: 1n };

/** Reads the head; an escrow is over when it is closed as deep as things are confirmed. */
export function readClaims(
  { chain, confirmations }: { readonly chain: VirtualChain; readonly confirmations: number },
  escrowIds: readonly EscrowId[],
  worker: Address,
): Seen {
  const { head, contracts, windows } = chain;
  const deep = chain.confirmed(confirmations);
  const claims = escrowIds.map((escrowId): Seen["claims"][number] => {
    const escrow = contracts.escrows.get(escrowId);
    const { allotted = 0n, claimed = 0n, expiresAt = 0 } = escrow?.accounts.get(worker) ?? {};
    const phase =
      escrow === undefined ? "none" : escrow.isClosed ? "closed" : escrow.committedAt === null ? "open" : "committed";
    return {
      escrowId,
      phase,
      isOver: phase === "closed" && deep.escrows.get(escrowId)?.isClosed === true,
      allotted,
      claimed,
      allottedUntilSeconds: expiresAt,
      endsAtSeconds: escrow?.committedAt ?? escrow?.deadline ?? 0,
    };
  });
  return { blockNumber: head.number, claims, claimSeconds: windows.claimSeconds, gas: GAS };
}
