// Random interleavings of faults: whatever happens, every intent is carried out exactly once and no nonce is left out.

import { senderDefaults } from "@starling/settlement";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawing, fineCall, refusedCall, ToyWorld } from "./toy-world.ts";

const confirmations = 4;

/** Lives through random faults drawn from the seed, then heals. Returns the world and what was asked of it. */
function live(seed: number, steps: number): { world: ToyWorld; fine: string[]; refused: string[] } {
  const draw = drawing(seed);
  const world = new ToyWorld({
    ...senderDefaults,
    confirmations,
    inFlightMax: 3,
    rebroadcastAfterBlocks: 2,
    replaceAfterBlocks: 4,
  });
  const fine: string[] = [];
  const refused: string[] = [];
  for (let i = 0; i < steps; i += 1) {
    world.now += 700;
    const what = draw(100);
    if (what < 8) {
      const isFine = draw(5) > 0;
      const intentId = `intent ${fine.length + refused.length}`;
      (isFine ? fine : refused).push(intentId);
      world.intend(intentId, isFine ? fineCall : refusedCall);
    } else if (what < 12 && fine.length > 0) world.intend(fine[draw(fine.length)] ?? "", fineCall);
    else if (what < 65) world.perform(draw(Math.max(1, world.effects.length)), draw(6) === 0);
    else if (what < 80) world.chain.mine();
    else if (what < 92) world.see();
    else if (what < 95) world.chain.reorg(1 + draw(confirmations - 1));
    else if (what < 97)
      world.chain.pool.delete([...world.chain.pool.keys()][draw(Math.max(1, world.chain.pool.size))] ?? "0x");
    else if (what < 98) world.crash();
    else world.input({ type: "senderWoken" });
  }
  world.settle(200);
  return { world, fine, refused };
}

describe("a sender among faults", () => {
  it("carries out every intent exactly once, and takes no nonce for what is refused", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { world, fine, refused } = live(seed, 400);
        expect(world.state.ledger.intents.size).toBe(0);
        const carriedOut = world.chain.carriedOut();
        for (const intentId of fine) {
          expect(world.state.ledger.finished.get(intentId)?.status).toBe("final");
          expect(carriedOut.get(intentId)).toBe(1);
        }
        for (const intentId of refused) {
          expect(world.state.ledger.finished.get(intentId)).toMatchObject({
            status: "failed",
            reason: "EscrowTooEarly()",
          });
          expect(carriedOut.has(intentId)).toBe(false);
        }
        // The toy chain mines in the order of nonces, so this says that there is no gap and no waste.
        expect(world.chain.accountNonce).toBe(fine.length);
        expect(world.state.ledger.nextNonce).toBe(fine.length);
      }),
      { numRuns: 150 },
    );
  });

  it("goes through the faults that it claims to survive", () => {
    const worlds = Array.from({ length: 20 }, (_, seed) => live(seed, 400).world);
    const kinds = new Set(worlds.flatMap((world) => world.facts.map((fact) => fact.type)));
    expect(kinds).toContain("transactionUnmined");
    expect(kinds).toContain("transactionFailed");
    const replaced = worlds
      .flatMap((world) => world.facts)
      .filter((fact) => fact.type === "transactionSigned" && fact.fees.maxFeePerGas > 100n);
    expect(replaced.length).toBeGreaterThan(0);
  });
});
