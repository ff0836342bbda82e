// A worker redeems by itself: when its coordinator does not pay in time and never twice, by the clock of the chain, across restarts.
import { describe, expect, test } from "vitest";
import { type WorkerEffect, workerDecider } from "../../src/core/index.ts";
import {
  allottedUntilSeconds,
  began,
  claimSeconds,
  endsAtSeconds,
  gas,
  OnChain,
  policy,
  prepared,
  signature,
  standing,
} from "./on-chain.ts";
import { config, coordinator, Driven, escrow, hash, only, worker } from "./support.ts";

/** A worker with a voucher over 300 that it has looked up once. */
function holding(cumulative = 300n): OnChain {
  const driven = new OnChain();
  driven.block(0);
  driven.voucher(cumulative);
  driven.block();
  return driven;
}

describe("a voucher", () => {
  test("is left to a coordinator that is here and has time", () => {
    const driven = holding();
    for (let i = 0; i < 20; i += 1) driven.block(1_000);
    expect(driven.redemptions()).toEqual([]);
  });

  test("is redeemed when its coordinator was silent for too long, by block time", () => {
    const driven = holding();
    driven.leave();
    driven.block(policy.coordinatorSilentMs / 1_000 - 2);
    expect(driven.redemptions()).toEqual([]);
    const effects = driven.block(2);
    expect(driven.redemptions()).toEqual([{ cumulative: 300n, reason: "coordinatorSilent", due: 300n }]);
    expect(prepared(effects)[0]?.call).toEqual({
      kind: "redeem",
      escrowId: escrow,
      worker,
      cumulative: 300n,
      signature,
    });
  });

  test("is not redeemed when the coordinator came back", () => {
    const driven = holding();
    driven.leave();
    driven.block(500);
    driven.connect(coordinator, "s2");
    driven.block(5_000);
    expect(driven.redemptions()).toEqual([]);
  });

  test.each([
    ["here", policy.allotmentAheadMs],
    ["away", policy.allotmentAheadAwayMs],
  ])("is redeemed ahead of the end of its allotment, with the coordinator %s", (where, aheadMs) => {
    const driven = holding();
    if (where === "away") {
      driven.leave();
      // Not silent for long enough to be given up, but gone.
      driven.claim = { ...driven.claim, allottedUntilSeconds: driven.seconds + aheadMs / 1_000 + 100 };
    } else driven.block(allottedUntilSeconds - driven.seconds - aheadMs / 1_000 - 100);
    driven.block(90);
    driven.block(8);
    expect(driven.redemptions()).toEqual([]);
    driven.block(2);
    expect(driven.redemptions()).toMatchObject([{ reason: "allotmentEnds" }]);
  });

  test("is not redeemed for an end that has been put off, whatever was read before", () => {
    const driven = holding();
    driven.claim = { ...driven.claim, allottedUntilSeconds: allottedUntilSeconds + 10_000 };
    // The first reading that could know it is the one that precedes a redemption.
    driven.block(allottedUntilSeconds - driven.seconds);
    expect(driven.redemptions()).toEqual([]);
  });

  test.each([
    [claimSeconds, policy.payGraceMs / 1_000],
    [20, 5],
  ])("is redeemed when the work has ended and %i seconds to claim leave %i to the coordinator", (window, grace) => {
    const driven = new OnChain();
    driven.window = window;
    driven.voucher(300n);
    driven.claim = { ...driven.claim, allottedUntilSeconds: endsAtSeconds + 1_000_000 };
    driven.block(1);
    driven.block(endsAtSeconds - driven.seconds + grace - 1);
    expect(driven.redemptions()).toEqual([]);
    driven.block(1);
    expect(driven.redemptions()).toMatchObject([{ reason: "workEnded" }]);
  });

  test("is redeemed when nothing was paid on it for a day", () => {
    const driven = holding();
    const far = began + 10_000_000;
    driven.claim = { ...driven.claim, allottedUntilSeconds: far, endsAtSeconds: far };
    driven.block(policy.payOverdueMs / 1_000 - 60);
    // A payment starts the time anew.
    driven.claim = { ...driven.claim, claimed: 100n };
    driven.block(50);
    driven.block(policy.payOverdueMs / 1_000 - 60);
    expect(driven.redemptions()).toEqual([]);
    driven.block(100);
    expect(driven.redemptions()).toEqual([{ cumulative: 300n, reason: "payOverdue", due: 200n }]);
  });

  test("that would bring less than its gas is left alone, and says so", () => {
    const driven = holding(9n);
    driven.block(1_000_000);
    expect(driven.redemptions()).toEqual([]);
    expect(standing(driven)).toMatchObject({ state: "belowMinimum", due: 9n });
  });

  test("waits for gas, says how much, and is redeemed when some has come", () => {
    const driven = holding();
    driven.gas = { balance: 2n * policy.redeemGas * gas.price - 1n, price: gas.price };
    driven.block(1_000_000);
    driven.block();
    expect(driven.redemptions()).toEqual([]);
    expect(standing(driven)).toMatchObject({ state: "noGas", due: 300n });
    expect(standing(driven)?.message).toMatch(/needs 0\.00024 ETH .* stake redeem/);
    driven.gas = gas;
    driven.block(policy.claimReadMs / 1_000);
    expect(driven.redemptions()).toHaveLength(1);
  });

  test("brings no more than the allotment reaches", () => {
    const driven = holding();
    driven.claim = { ...driven.claim, allotted: 120n };
    driven.block(1_000_000);
    expect(driven.redemptions()).toMatchObject([{ due: 120n }]);
    driven.mine(driven.sign(driven.effects), 120n);
    driven.block(100);
    expect(driven.redemptions()).toHaveLength(1);
    expect(standing(driven)).toMatchObject({ state: "notAllotted" });
  });
});

describe("a redemption", () => {
  /** A coordinator that is gone for good, and the first redemption under way. */
  function redeeming(): { readonly driven: OnChain; readonly effects: readonly WorkerEffect[] } {
    const driven = holding();
    driven.leave();
    return { driven, effects: driven.block(5_000) };
  }

  test("is under way once, however many blocks pass", () => {
    const { driven, effects } = redeeming();
    driven.sign(effects);
    for (let i = 0; i < 30; i += 1) driven.block(20);
    expect(driven.redemptions()).toHaveLength(1);
  });

  test("that paid is not repeated, nor before its block was read", () => {
    const { driven, effects } = redeeming();
    const signed = driven.sign(effects);
    // A reading of the block before still shows the money as due.
    const stale = driven.claim;
    driven.mine(signed, 300n);
    driven.input({ type: "claimsSeen", blockNumber: driven.head - 1, claims: [stale], claimSeconds, gas });
    for (let i = 0; i < 30; i += 1) driven.block(20);
    expect(driven.redemptions()).toHaveLength(1);
    expect(standing(driven)).toMatchObject({ state: "paid", due: 0n });
  });

  test("is followed by another one for a higher voucher", () => {
    const { driven, effects } = redeeming();
    driven.mine(driven.sign(effects), 300n);
    driven.voucher(450n);
    driven.block(policy.claimIdleReadMs / 1_000);
    expect(driven.redemptions()).toMatchObject([{ due: 300n }, { cumulative: 450n, due: 150n }]);
    const ids = driven.facts.flatMap((fact) => (fact.type === "redemptionIntended" ? [fact.intentId] : []));
    expect(new Set(ids).size).toBe(2);
  });

  test("that is refused is tried again later, if something is still due", () => {
    const { driven, effects } = redeeming();
    driven.refuse(effects);
    driven.block(20);
    expect(driven.redemptions()).toHaveLength(1);
    driven.block(policy.redeemRetryMs / 1_000);
    expect(driven.redemptions()).toHaveLength(2);
  });

  test("goes on after a restart at each of its steps, and stays one", () => {
    const steps: readonly ((at: { driven: OnChain; signed: `0x${string}` | null }) => void)[] = [
      (at) => {
        at.signed = at.driven.sign(at.driven.effects);
      },
      ({ driven, signed }) => driven.mine(signed ?? hash("none"), 300n),
      ({ driven }) => void driven.block(400),
    ];
    for (let killedAfter = 0; killedAfter <= steps.length; killedAfter += 1) {
      const { driven } = redeeming();
      const at = { driven, signed: null };
      for (const [i, step] of [...steps, () => undefined].entries()) {
        if (i === killedAfter) {
          driven.restart();
          // The head that comes after the start asks for what is owed.
          driven.block();
        }
        step(at);
      }
      expect(driven.redemptions(), `killed after step ${killedAfter}`).toHaveLength(1);
      expect(workerDecider.violations(driven.state)).toEqual([]);
      expect(standing(driven)?.state, `killed after step ${killedAfter}`).toBe("paid");
    }
  });
});

describe("a closed escrow", () => {
  test("ends the voucher only when no reorg can open it again", () => {
    const driven = holding();
    driven.claim = { ...driven.claim, phase: "closed" };
    driven.block(20);
    expect(driven.state.ledger.vouchers.size).toBe(1);
    expect(standing(driven)).toMatchObject({ state: "closed" });
    driven.claim = { ...driven.claim, phase: "closed", isOver: true, claimed: 120n };
    driven.block(20);
    expect(driven.state.ledger.vouchers.size).toBe(0);
    expect(driven.facts.at(-1)).toEqual({ type: "voucherOver", escrowId: escrow, cumulative: 300n, claimed: 120n });
    expect(driven.redemptions()).toEqual([]);
  });
});

describe("readings", () => {
  test("are at least two in a claim window, and rare when all is paid", () => {
    const driven = holding();
    driven.window = 8;
    driven.block(policy.claimReadMs / 1_000);
    const asks = (blocks: number): number =>
      Array.from({ length: blocks }, () => only(driven.block(1), "readClaims").length).reduce((a, b) => a + b, 0);
    expect(asks(16)).toBe(4);
    driven.claim = { ...driven.claim, claimed: 300n };
    driven.block(4);
    expect(asks(16)).toBe(0);
  });

  test("take the vouchers in turns", () => {
    const driven = new Driven({ policy: { ...policy, claimsPerReadMax: 2 } });
    for (const name of ["a", "b", "c"])
      driven.input({ type: "voucherReceived", coordinator, escrowId: hash(name), cumulative: 50n, signature });
    const head = (number: number): readonly WorkerEffect[] =>
      driven.effectsOf({
        type: "sender",
        input: { type: "headSeen", number, hash: hash(`${number}`), timestampSeconds: began + number, accountNonce: 0 },
      });
    const asked = [...only(head(1), "readClaims"), ...only(head(2), "readClaims")].flatMap(
      ({ escrowIds }) => escrowIds,
    );
    expect(new Set(asked)).toEqual(new Set([hash("a"), hash("b"), hash("c")]));
    expect(asked).toHaveLength(3);
  });
});

test("an old snapshot without a sender is taken up", () => {
  const { sender: _, redemptions: __, ...old } = holding().state.ledger;
  const state = workerDecider.restore(config, structuredClone(old));
  expect(state.ledger.sender.intents.size).toBe(0);
  expect(state.ledger.vouchers.size).toBe(1);
});
