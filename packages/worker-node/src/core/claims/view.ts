// What each voucher is worth and what happens with it, in words that an owner can act on.
import { assertNever } from "@starling/kernel";
import { type Address, type EscrowId, formatAmount, type Signature } from "@starling/protocol";
import type { WorkerState } from "../state.ts";
import { gasWanted, type RedeemReason, type Standing, standingOf, type WaitReason } from "./standing.ts";

/** One voucher. Base units. */
export interface ClaimView {
  readonly escrowId: EscrowId;
  readonly coordinator: Address;
  readonly cumulative: bigint;
  readonly signature: Signature;
  /** What redeeming would bring now, before the fee. */
  readonly due: bigint;
  readonly state: RedeemReason | WaitReason;
  readonly message: string;
}

/** All vouchers of escrows that are not over. */
export function claimsView(state: WorkerState): readonly ClaimView[] {
  return [...state.ledger.vouchers].map(([escrowId, voucher]) => {
    const standing = standingOf(state, escrowId, voucher);
    const { coordinator, cumulative, signature } = voucher;
    const { due, reason } = standing;
    const message = messageOf(state, standing);
    return { escrowId, coordinator, cumulative, signature, due, state: reason, message };
  });
}

function messageOf(state: WorkerState, { reason, due }: Standing): string {
  switch (reason) {
    case "unread":
      return "the chain was not asked yet";
    case "paid":
      return "paid in full";
    case "closed":
      return "the chain knows no open escrow of this id";
    case "notAllotted":
      return "the rest is not covered by the allotment: only the coordinator can raise it";
    case "underWay":
      return "a redemption is under way";
    case "belowMinimum":
      return `${formatAmount(due)} are left alone: less than --redeem-min, ${formatAmount(state.config.policy.redeemMin)}`;
    case "coordinatorPays":
      return `${formatAmount(due)} are due; the coordinator has time to pay`;
    case "noGas":
      return `${gasMessage(state, "redeem")}, or redeem with another key (\`starling stake redeem\`)`;
    case "refusedLately":
      return "the contract refused the last redemption; it is tried again soon";
    case "allotmentEnds":
    case "workEnded":
    case "coordinatorSilent":
    case "payOverdue":
      return `${formatAmount(due)} are about to be redeemed`;
    default:
      return assertNever(reason, "standing");
  }
}

/** What the hot key lacks for what it is to do. */
export function gasMessage({ config, presence }: WorkerState, what: string): string {
  const has = presence.gas?.balance ?? 0n;
  return `the hot key ${config.worker} needs ${etherText(gasWanted(config.policy, presence.gas))} to ${what} and has ${etherText(has)}: send it some`;
}

const WEI = 10n ** 18n;

/** Wei as ether, exact. */
function etherText(wei: bigint): string {
  const rest = (wei % WEI).toString().padStart(18, "0").replace(/0+$/, "");
  return `${wei / WEI}${rest === "" ? "" : `.${rest}`} ETH`;
}
