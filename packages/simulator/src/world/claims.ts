// What a worker's node of the virtual chain says of the escrows that it holds vouchers of, and of what the court keeps.
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

/** Reads what is confirmed; the virtual token refuses nobody, so that only the court keeps anything. */
export function readCredits(
  { chain, confirmations }: { readonly chain: VirtualChain; readonly confirmations: number },
  accounts: readonly Address[],
): Omit<Extract<WorkerInput, { readonly type: "creditsSeen" }>, "type"> {
  const { credits } = chain.confirmed(confirmations).court;
  const kept = accounts.map((account) => ({ keeper: "court", account, amount: credits.get(account) ?? 0n }) as const);
  return { blockNumber: Math.max(0, chain.head.number - confirmations + 1), credits: kept, gas: GAS };
}
