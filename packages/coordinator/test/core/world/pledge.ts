// Pledges in a registry in memory, and as the chain would tell of them without the transactions before.
import type { Address, ChainCall, ChainEventBody, EscrowId } from "@starling/protocol";
import { hash } from "./fixtures.ts";
import type { World } from "./world.ts";

type PledgeCall = Extract<ChainCall, { kind: "pledgeFor" | "releasePledge" }>;

interface Standing {
  readonly amount: bigint;
  readonly total: bigint;
  readonly endsAtSeconds: number;
}

const nothing: Standing = { amount: 0n, total: 0n, endsAtSeconds: 0 };

/** What operators pledged to escrows; everybody has stake enough. */
export class TestPledges {
  readonly standing = new Map<string, Standing>();

  /** Why a call would revert, or null. */
  fault(call: PledgeCall, releaseAtSeconds: number): string | null {
    const { amount, total, endsAtSeconds } = this.standing.get(keyOf(call)) ?? nothing;
    if (call.kind === "releasePledge") return amount === 0n ? "StakeNoPledge" : null;
    if (call.order.total !== total) return call.order.total < total ? "StakePledgeUsed" : null;
    if (amount === 0n) return "StakeNoPledge";
    return releaseAtSeconds <= endsAtSeconds ? "StakePledgeUsed" : null;
  }

  /** Applies a call that has no fault; a new pledge lasts until the escrow is final. */
  execute(call: PledgeCall, releaseAtSeconds: number): readonly ChainEventBody[] {
    const { amount, total } = this.standing.get(keyOf(call)) ?? nothing;
    if (call.kind === "releasePledge") {
      this.standing.set(keyOf(call), { amount: 0n, total, endsAtSeconds: 0 });
      return [{ type: "pledgeReleased", escrowId: call.escrowId, operator: call.operator, amount }];
    }
    const { escrowId, operator, total: wanted } = call.order;
    const added = wanted - total;
    this.standing.set(keyOf(call), { amount: amount + added, total: wanted, endsAtSeconds: releaseAtSeconds });
    return [{ type: "pledged", escrowId, operator, amount: added, total: wanted, releaseAtSeconds }];
  }
}

function keyOf(call: PledgeCall): string {
  const { escrowId, operator } = call.kind === "pledgeFor" ? call.order : call;
  return `${escrowId}/${operator}`;
}

let pledges = 0;

/** An operator has pledged so much to an escrow. */
export function pledge(
  world: World,
  { escrowId, operator, amount }: { readonly escrowId: EscrowId; readonly operator: Address; readonly amount: bigint },
): void {
  pledges += 1;
  const place = { blockNumber: 2, blockHash: hash("block-2"), txHash: hash(`pledge-${pledges}`), logIndex: pledges };
  const event = {
    type: "pledged",
    escrowId,
    operator,
    amount,
    total: amount,
    releaseAtSeconds: 2e9,
    ...place,
  } as const;
  world.apply({ type: "chainConfirmed", event, headSeconds: 1 });
}
