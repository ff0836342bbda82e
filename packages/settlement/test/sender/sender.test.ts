// The sender's rules one by one, on hand-made inputs.
import { intentStatus, senderDefaults, stuckIntents, wakeSender } from "@starling/settlement";
import { describe, expect, it } from "vitest";
import { fineCall, refusedCall, ToyWorld } from "./toy-world.ts";

function world(overrides: Partial<typeof senderDefaults> = {}): ToyWorld {
  const made = new ToyWorld({ ...senderDefaults, ...overrides });
  made.see();
  return made;
}

describe("nonces", () => {
  it("are handed out one preparation at a time", () => {
    const { effects, ...rest } = world();
    const one = world();
    one.intend("a", fineCall);
    one.intend("b", fineCall);
    expect(effects).toEqual([]);
    expect(rest.changes).toEqual([]);
    expect(one.effects.map((effect) => effect.type)).toEqual(["prepareTransaction"]);
    one.perform(0, false);
    expect(one.effects).toMatchObject([
      { type: "broadcastTransaction" },
      { type: "prepareTransaction", intentId: "b", nonce: 1 },
    ]);
  });

  it("start from the account's nonce on chain", () => {
    const one = world();
    one.input({ type: "headSeen", number: 1, hash: one.chain.head.hash, timestampSeconds: 1, accountNonce: 7 });
    one.intend("a", fineCall);
    expect(one.effects).toMatchObject([{ type: "prepareTransaction", nonce: 7 }]);
  });

  it("are not taken by a refused simulation", () => {
    const one = world();
    one.intend("a", refusedCall);
    one.perform(0, false);
    expect(one.changes).toEqual([{ intentId: "a", status: "failed", reason: "EscrowTooEarly()" }]);
    expect(one.state.ledger.nextNonce).toBe(0);
    one.intend("b", fineCall);
    expect(one.effects).toMatchObject([{ type: "prepareTransaction", intentId: "b", nonce: 0 }]);
  });

  it("move on when a foreign transaction took one", () => {
    const one = world({ confirmations: 2, rebroadcastAfterBlocks: 1 });
    one.intend("a", fineCall);
    one.perform(0, false);
    one.effects = [];
    one.chain.send({ hash: `0x${"f".repeat(64)}`, nonce: 0, intentId: null });
    one.settle(20);
    expect(intentStatus(one.state.ledger, "a")).toBe("final");
    expect(one.facts.map((fact) => fact.type)).toContain("transactionDisplaced");
    expect(one.chain.carriedOut().get("a")).toBe(1);
  });
});

describe("an intent", () => {
  it("is signed and journalled before it is sent, and final when deep enough", () => {
    const one = world({ confirmations: 2 });
    one.intend("a", fineCall);
    one.settle(10);
    expect(one.facts.map((fact) => fact.type)).toEqual([
      "transactionIntended",
      "transactionSigned",
      "transactionBroadcast",
      "transactionMined",
      "transactionFinal",
    ]);
    expect(one.changes.map((change) => change.status)).toEqual(["signed", "broadcast", "mined", "final"]);
  });

  it("is sent once however often it is wished", () => {
    const one = world();
    one.intend("a", fineCall);
    one.settle(10);
    one.intend("a", fineCall);
    one.settle(10);
    expect(one.chain.accountNonce).toBe(1);
    expect(one.effects).toEqual([]);
  });

  it("waits, not fails, when refused while an earlier one is unmined", () => {
    const one = world();
    one.intend("a", fineCall);
    one.perform(0, false);
    one.intend("b", refusedCall);
    one.perform(1, false);
    expect(intentStatus(one.state.ledger, "b")).toBe("intended");
    // At the same head the same answer would come: it is not asked again.
    expect(one.effects.map((effect) => effect.type)).toEqual(["broadcastTransaction"]);
    one.settle(10);
    expect(intentStatus(one.state.ledger, "a")).toBe("final");
    expect(intentStatus(one.state.ledger, "b")).toBe("failed");
  });

  it("is sent again from its bytes when a reorg takes it", () => {
    const one = world({ confirmations: 3 });
    one.intend("a", fineCall);
    one.perform(0, false);
    one.perform(0, false);
    one.chain.mine();
    one.see();
    one.perform(0, false);
    expect(intentStatus(one.state.ledger, "a")).toBe("mined");
    one.chain.reorg(1);
    one.see();
    one.perform(0, false);
    expect(intentStatus(one.state.ledger, "a")).toBe("broadcast");
    expect(one.effects).toMatchObject([{ type: "broadcastTransaction" }]);
    one.settle(10);
    expect(one.chain.carriedOut().get("a")).toBe(1);
    expect(one.signed.size).toBe(1);
  });

  it("is sent again even after its end when a reorg deeper than the confirmations takes it", () => {
    const one = world({ confirmations: 1, rebroadcastAfterBlocks: 1 });
    one.intend("a", fineCall);
    one.settle(10);
    one.chain.reorg(3);
    one.see();
    while (one.effects.length > 0) one.perform(0, false);
    one.chain.mine();
    expect(one.chain.carriedOut().get("a")).toBe(1);
  });

  it("is refused when too many wait", async () => {
    const { intend } = await import("@starling/settlement");
    const one = world({ intentsMax: 1 });
    one.intend("a", fineCall);
    expect(intend(one.state, { intentId: "b", call: fineCall }, one.turn)).toMatchObject({
      ok: false,
      code: "resourceExhausted",
    });
  });
});

describe("fees", () => {
  it("rise by an eighth on both when the next in line is not mined, up to a number of attempts", () => {
    const one = world({ replaceAfterBlocks: 2, attemptsMax: 3, rebroadcastAfterBlocks: 100 });
    one.intend("a", fineCall);
    one.perform(0, false);
    for (let i = 0; i < 12; i += 1) {
      one.chain.pool.clear();
      one.chain.mine();
      one.see();
      while (one.effects.some((effect) => effect.type === "prepareTransaction")) {
        one.perform(
          one.effects.findIndex((effect) => effect.type === "prepareTransaction"),
          false,
        );
      }
    }
    const fees = one.state.ledger.intents.get("a")?.attempts.map((attempt) => attempt.fees);
    expect(fees).toEqual([
      { maxFeePerGas: 100n, maxPriorityFeePerGas: 1n },
      { maxFeePerGas: 113n, maxPriorityFeePerGas: 2n },
      { maxFeePerGas: 128n, maxPriorityFeePerGas: 3n },
    ]);
    expect(stuckIntents(one.state.ledger)).toEqual(["a"]);
  });
});

describe("an intent that can't be signed for now", () => {
  it("lets the others pass", () => {
    const one = world({ retryMs: 500 });
    one.intend("sick", fineCall);
    one.perform(0, true);
    one.intend("sound", fineCall);
    one.now = 500;
    one.input({ type: "senderWoken" });
    expect(one.effects).toMatchObject([{ type: "prepareTransaction", intentId: "sound", nonce: 0 }]);
  });
});

describe("a node that is down", () => {
  it("is asked again after a while, by the one timer", () => {
    const one = world({ retryMs: 500 });
    one.intend("a", fineCall);
    one.now = 1_000;
    one.perform(0, true);
    expect(wakeSender(one.state)).toBe(1_500);
    one.input({ type: "senderWoken" });
    expect(one.effects).toEqual([]);
    one.now = 1_500;
    one.input({ type: "senderWoken" });
    expect(one.effects).toMatchObject([{ type: "prepareTransaction", intentId: "a" }]);
    expect(wakeSender(one.state)).toBeNull();
  });
});
