// Vouchers only rise, a worker's unpaid exposure is bounded, and the chain is never asked for more than it would pay.

import { emptyVoucherAccount, exposure, mayEarn, nextVoucher, redeemable, takeVoucher } from "@starling/settlement";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("vouchers", () => {
  it("keep the exposure of a worker that asks before it starts within its credit limit", () => {
    const steps = fc.array(fc.record({ voucher: fc.boolean(), price: fc.bigInt(1n, 50n) }), { maxLength: 80 });
    fc.assert(
      fc.property(steps, fc.bigInt(0n, 100n), (list, creditLimit) => {
        let account = { ...emptyVoucherAccount, allotted: 1_000n };
        for (const { voucher, price } of list) {
          if (voucher) {
            const cumulative = nextVoucher(account.vouchered, {
              claimed: account.paid,
              owed: account.earned - account.paid,
            });
            expect(takeVoucher(account, cumulative)).toEqual({ ok: true });
            account = { ...account, vouchered: cumulative };
          } else if (mayEarn(account, price, creditLimit).ok) account = { ...account, earned: account.earned + price };
          expect(exposure(account)).toBeLessThanOrEqual(creditLimit);
          expect(account.earned).toBeLessThanOrEqual(account.allotted);
        }
      }),
    );
  });

  it("are refused when lower than the last one or higher than the allotment", () => {
    const account = { earned: 10n, vouchered: 10n, paid: 0n, allotted: 20n };
    expect(takeVoucher(account, 9n)).toMatchObject({ ok: false, code: "badVoucher" });
    expect(takeVoucher(account, 10n)).toEqual({ ok: true });
    expect(takeVoucher(account, 21n)).toMatchObject({ ok: false, code: "badVoucher" });
  });

  it("bring what is above the payments so far, within the allotment", () => {
    expect(redeemable({ earned: 30n, vouchered: 30n, paid: 10n, allotted: 25n })).toBe(15n);
    expect(redeemable({ earned: 30n, vouchered: 5n, paid: 10n, allotted: 25n })).toBe(0n);
  });

  it("say why work may not start", () => {
    expect(mayEarn(emptyVoucherAccount, 1n, 5n)).toMatchObject({ ok: false, code: "notAllotted" });
    expect(mayEarn({ ...emptyVoucherAccount, allotted: 9n }, 6n, 5n)).toMatchObject({ ok: false, code: "creditLimit" });
    expect(mayEarn(emptyVoucherAccount, 0n, 0n)).toEqual({ ok: true });
  });
});
