// Vouchers, blocks, payments and restarts in whatever order: one redemption at a time, and never for nothing.
import fc from "fast-check";
import { expect, test } from "vitest";
import { workerDecider } from "../../src/core/index.ts";
import { OnChain, policy, prepared } from "./on-chain.ts";
import { config } from "./support.ts";

type Step =
  | { readonly kind: "block"; readonly seconds: number }
  | { readonly kind: "voucher" | "paid" | "allotted"; readonly amount: number }
  | { readonly kind: "leave" | "connect" | "restart" | "sign" | "mine" | "refuse" };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("block" as const), seconds: fc.nat({ max: 3_000 }) }) },
  fc.record({
    kind: fc.constantFrom("voucher" as const, "paid" as const, "allotted" as const),
    amount: fc.nat({ max: 900 }),
  }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("sign" as const, "mine" as const, "refuse" as const) }) },
  fc.record({ kind: fc.constantFrom("leave" as const, "connect" as const, "restart" as const) }),
);

test("whatever happens: at most one redemption of an escrow at a time, only of what is due, and facts alone make the ledger", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 60 }), (path) => {
      const driven = new OnChain();
      let signed: { readonly hash: `0x${string}`; readonly cumulative: bigint } | null = null;
      for (const step of path) {
        const before = driven.redemptions().length;
        const wants = prepared(driven.effects).length > 0;
        switch (step.kind) {
          case "block":
            driven.block(step.seconds);
            break;
          case "voucher":
            driven.voucher(BigInt(step.amount + 1));
            break;
          case "paid": {
            const paid = BigInt(step.amount);
            if (paid > driven.claim.claimed && paid <= driven.claim.allotted)
              driven.claim = { ...driven.claim, claimed: paid };
            break;
          }
          case "allotted":
            driven.claim = { ...driven.claim, allotted: driven.claim.claimed + BigInt(step.amount) };
            break;
          case "leave":
            driven.leave();
            break;
          case "connect":
            driven.connect();
            break;
          case "restart":
            driven.restart();
            break;
          case "sign": {
            const intent = [...driven.state.ledger.sender.intents.values()].at(-1);
            if (!wants || intent?.status !== "intended" || intent.call.kind !== "redeem") break;
            const last = prepared(driven.effects).at(-1);
            if (driven.state.presence.sender.preparing === null || last === undefined) break;
            signed = { hash: driven.sign([{ type: "sender", effect: last }]), cumulative: intent.call.cumulative };
            break;
          }
          case "mine": {
            if (signed === null) break;
            driven.mine(signed.hash, driven.paidBy(signed.cumulative));
            signed = null;
            break;
          }
          case "refuse": {
            const last = prepared(driven.effects).at(-1);
            if (driven.state.presence.sender.preparing !== null && last !== undefined)
              driven.refuse([{ type: "sender", effect: last }]);
            break;
          }
        }
        for (const { due } of driven.redemptions().slice(before)) expect(due).toBeGreaterThanOrEqual(policy.redeemMin);
        expect(driven.state.ledger.sender.intents.size).toBeLessThanOrEqual(1);
        expect(workerDecider.violations(driven.state)).toEqual([]);
      }
      const replayed = workerDecider.initial({ ...config, policy });
      for (const fact of driven.facts) workerDecider.evolve(replayed, structuredClone(fact));
      expect(replayed.ledger).toEqual(driven.state.ledger);
    }),
    { numRuns: 300 },
  );
});
