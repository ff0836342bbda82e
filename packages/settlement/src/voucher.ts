// Cumulative vouchers: what a coordinator may sign, what a worker must accept, and when a worker has to stop.
import { accepted, type Outcome, rejected } from "@starling/kernel";

/** A worker's money in one escrow as the worker sees it, base units; all but the limits only rise. */
export interface VoucherAccount {
  /** Sum of the prices of accepted results, plus those that wait for a verdict. */
  readonly earned: bigint;
  /** The highest cumulative voucher that the worker holds. */
  readonly vouchered: bigint;
  /** What the chain has paid, fee included. */
  readonly paid: bigint;
  /** The confirmed allotment, paid part included. */
  readonly allotted: bigint;
}

/** An account without money. */
export const emptyVoucherAccount: VoucherAccount = { earned: 0n, vouchered: 0n, paid: 0n, allotted: 0n };

/** Earned and neither paid nor promised in writing: what the worker loses if the coordinator never speaks again. */
export function exposure(account: VoucherAccount): bigint {
  return above(account.earned, larger(account.vouchered, account.paid));
}

/** What a voucher would bring if it were redeemed now, before the fee. */
export function redeemable(account: VoucherAccount): bigint {
  if (account.vouchered > account.allotted) return above(account.allotted, account.paid);
  return above(account.vouchered, account.paid);
}

/**
 * Whether a worker may start a task at this price: the confirmed allotment must cover all that it will have earned, and
 * unvouchered work must stay within the credit limit. Rejected with `notAllotted` or `creditLimit`.
 */
export function mayEarn(account: VoucherAccount, price: bigint, creditLimit: bigint): Outcome {
  if (price === 0n) return accepted();
  if (account.earned + price > account.allotted) {
    return rejected(
      "notAllotted",
      `${account.earned + price} would be earned and ${account.allotted} is allotted on chain`,
    );
  }
  const exposed = exposure({ ...account, earned: account.earned + price });
  if (exposed > creditLimit) {
    return rejected("creditLimit", `${exposed} would be earned without a voucher; the limit is ${creditLimit}`);
  }
  return accepted();
}

/**
 * Whether a voucher that was offered replaces the one that is held. The same amount again is fine; a lower one, or one above
 * the allotment (which the chain would not pay), is refused with `badVoucher`. The signature is checked elsewhere.
 */
export function takeVoucher(account: VoucherAccount, cumulative: bigint): Outcome {
  if (cumulative < account.vouchered) {
    return rejected("badVoucher", `a voucher over ${cumulative} after one over ${account.vouchered}`);
  }
  if (cumulative > account.allotted) {
    return rejected("badVoucher", `a voucher over ${cumulative} of an allotment of ${account.allotted}`);
  }
  return accepted();
}

/** The amount of the coordinator's next voucher for a worker: all that is owed and claimed, never less than the last one. */
export function nextVoucher(last: bigint, account: { readonly claimed: bigint; readonly owed: bigint }): bigint {
  return larger(last, account.claimed + account.owed);
}

function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

function above(a: bigint, b: bigint): bigint {
  return larger(a - b, 0n);
}
