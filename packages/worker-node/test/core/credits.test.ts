// Money that contracts keep is fetched by whoever it belongs to: once, when it is worth its gas, whatever is killed between.
import { describe, expect, test } from "vitest";
import { statusView, type WorkerEffect, workerDecider } from "../../src/core/index.ts";
import { gas, OnChain, policy, prepared } from "./on-chain.ts";
import { hash, only, operator, worker } from "./support.ts";

const every = policy.creditReadMs / 1_000;

/** A worker whose contracts keep something. */
class Creditor extends OnChain {
  credits = new Map<string, bigint>();

  override answering(asked: readonly WorkerEffect[]): readonly WorkerEffect[] {
    const all = [...super.answering(asked)];
    for (const { accounts } of only(asked, "readCredits")) all.push(...this.kept(accounts));
    return all;
  }

  kept(accounts: readonly `0x${string}`[], blockNumber = this.head): readonly WorkerEffect[] {
    const credits = accounts.flatMap((account) =>
      (["court", "escrow"] as const).map((keeper) => ({
        keeper,
        account,
        amount: this.credits.get(`${keeper}.${account}`) ?? 0n,
      })),
    );
    return this.effectsOf({ type: "creditsSeen", blockNumber, credits, gas: this.gas });
  }

  /** The withdrawal is in a block: nothing is kept any more. */
  taken(signed: `0x${string}`, creditId: string): void {
    this.credits.delete(creditId);
    this.mine(signed, this.claim.claimed);
  }

  withdrawals() {
    return this.facts.flatMap((fact) => (fact.type === "withdrawalIntended" ? [fact] : []));
  }
}

const fee = `court.${worker}`;

function creditor(credits: Readonly<Record<string, bigint>> = { [fee]: 40n }): Creditor {
  const driven = new Creditor();
  for (const [creditId, amount] of Object.entries(credits)) driven.credits.set(creditId, amount);
  driven.block();
  return driven;
}

describe("a credit", () => {
  test.each([
    ["court", worker, { kind: "withdrawCredit", account: worker }],
    ["court", operator, { kind: "withdrawCredit", account: operator }],
    ["escrow", worker, { kind: "withdrawEscrowCredit", account: worker }],
    ["escrow", operator, { kind: "withdrawEscrowCredit", account: operator }],
  ])("of the %s for %s is withdrawn as soon as it is seen", (keeper, account, call) => {
    const driven = creditor({ [`${keeper}.${account}`]: 40n });
    expect(driven.withdrawals()).toMatchObject([{ keeper, account, amount: 40n }]);
    expect(prepared(driven.effects).map((one) => one.call)).toEqual([call]);
  });

  test("is looked for every minute of block time, and no more often", () => {
    const driven = creditor({});
    const asks = (seconds: number): number => only(driven.block(seconds), "readCredits").length;
    expect([asks(every - 1), asks(1), asks(1), asks(every)]).toEqual([0, 1, 0, 1]);
    expect(driven.withdrawals()).toEqual([]);
    expect(statusView(driven.state).credits).toEqual([]);
  });

  test("is looked for as often as a court that is quicker than that takes for commitments", () => {
    const driven = creditor({});
    driven.input({
      type: "juriesSeen",
      throughBlock: driven.head,
      juries: [],
      courtSeconds: { commit: 10, reveal: 5 },
    });
    const asks = (seconds: number): number => only(driven.block(seconds), "readCredits").length;
    expect([asks(9), asks(1)]).toEqual([0, 1]);
  });

  test("that is less than the owner's least amount waits until it has grown", () => {
    const driven = creditor({ [fee]: policy.redeemMin - 1n });
    expect(driven.withdrawals()).toEqual([]);
    expect(statusView(driven.state).credits).toMatchObject([{ state: "belowMinimum", amount: policy.redeemMin - 1n }]);
    driven.credits.set(fee, policy.redeemMin);
    driven.block(every);
    expect(driven.withdrawals()).toMatchObject([{ amount: policy.redeemMin }]);
  });

  test("waits for gas, says how much, and is withdrawn when some has come", () => {
    const driven = new Creditor();
    driven.credits.set(fee, 40n);
    driven.gas = { balance: 2n * policy.redeemGas * gas.price - 1n, price: gas.price };
    driven.block();
    expect(driven.withdrawals()).toEqual([]);
    expect(statusView(driven.state).credits).toMatchObject([
      { state: "noGas", message: expect.stringMatching(/needs 0\.00024 ETH to withdraw/) },
    ]);
    driven.gas = gas;
    driven.block(every);
    expect(driven.withdrawals()).toHaveLength(1);
  });
});

describe("a withdrawal", () => {
  test("is under way once, however often the credit is read meanwhile", () => {
    const driven = creditor();
    driven.sign(driven.effects);
    for (let i = 0; i < 5; i += 1) driven.block(every);
    expect(driven.withdrawals()).toHaveLength(1);
    expect(statusView(driven.state).credits).toMatchObject([{ state: "underWay" }]);
  });

  test("that is mined is not repeated by a reading of the block before, and by what comes later it is", () => {
    const driven = creditor();
    driven.taken(driven.sign(driven.effects), fee);
    driven.credits.set(fee, 40n);
    driven.kept([worker], driven.head - 1);
    expect(driven.withdrawals()).toHaveLength(1);
    driven.kept([worker]);
    expect(driven.withdrawals()).toHaveLength(2);
  });

  test("that is refused is tried again later, if something is still kept", () => {
    const driven = creditor();
    driven.refuse(driven.effects);
    driven.block(1);
    expect(statusView(driven.state).credits).toMatchObject([{ state: "refusedLately" }]);
    driven.block(policy.redeemRetryMs / 1_000 - 1);
    expect(driven.withdrawals()).toHaveLength(2);
    const ids = driven.withdrawals().map(({ intentId }) => intentId);
    expect(new Set(ids).size).toBe(2);
  });

  test("goes on after a restart at each of its steps, and stays one", () => {
    const steps: readonly ((at: { driven: Creditor; signed: `0x${string}` | null }) => void)[] = [
      (at) => {
        const newest = prepared(at.driven.effects).at(-1);
        at.signed = at.driven.sign(newest === undefined ? [] : [{ type: "sender", effect: newest }]);
      },
      ({ driven, signed }) => driven.taken(signed ?? hash("none"), fee),
      ({ driven }) => void driven.block(every),
    ];
    for (let killedAfter = 0; killedAfter <= steps.length; killedAfter += 1) {
      const at = { driven: creditor(), signed: null };
      for (const [i, step] of [...steps, () => undefined].entries()) {
        if (i === killedAfter) {
          at.driven.restart();
          // The head that comes after the start asks for what is owed.
          at.driven.block();
        }
        step(at);
      }
      expect(at.driven.withdrawals(), `killed after step ${killedAfter}`).toHaveLength(1);
      expect(workerDecider.violations(at.driven.state)).toEqual([]);
    }
  });
});

test("an old snapshot without withdrawals is taken up", () => {
  const driven = creditor();
  const { withdrawals: _, ...old } = driven.state.ledger;
  const state = workerDecider.restore(driven.state.config, structuredClone(old));
  expect(state.ledger.withdrawals.size).toBe(0);
});
