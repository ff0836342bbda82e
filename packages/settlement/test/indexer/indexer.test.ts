// The indexer against random chains: what it reports always equals the chain once it has caught up, through any reorg.

import { indexerDefaults, isCaughtUp, unconfirmedEvents, wakeIndexer } from "@starling/settlement";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawing } from "../sender/toy-world.ts";
import { ToyIndex } from "./toy-index.ts";

function live(seed: number, confirmations: number, reorgMax: number): ToyIndex {
  const draw = drawing(seed);
  const index = new ToyIndex({ ...indexerDefaults, confirmations, ringMax: 12, rangeMax: 5 });
  for (let i = 0; i < 300; i += 1) {
    index.now += 900;
    const what = draw(100);
    if (what < 20) index.happen(1 + draw(3));
    else if (what < 45) index.chain.mine();
    else if (what < 65) index.see();
    else if (what < 92) index.perform((["none", "none", "none", "down", "tooMany"] as const)[draw(5)] ?? "none");
    else if (what < 96) index.chain.reorg(1 + draw(reorgMax));
    else if (what < 98) index.crash();
    else index.input({ type: "indexerWoken" });
  }
  index.chain.mine();
  index.settle();
  return index;
}

describe("the indexer", () => {
  it("confirms each event exactly once when reorgs are less deep than the confirmations", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const index = live(seed, 4, 3);
        expect(index.view).toEqual(index.truth());
        expect(index.changes.filter((change) => change.type === "eventUndone")).toEqual([]);
        expect(isCaughtUp(index.state)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("takes back what it confirmed when a reorg is deeper, and ends with the truth", () => {
    let undone = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const index = live(seed, 1, 6);
        expect(index.view).toEqual(index.truth());
        undone += index.changes.filter((change) => change.type === "eventUndone").length;
      }),
      { numRuns: 300 },
    );
    expect(undone).toBeGreaterThan(0);
  });

  it("shows what is not deep enough apart", () => {
    const index = new ToyIndex({ ...indexerDefaults, confirmations: 2 });
    index.happen(1);
    index.chain.mine();
    index.settle();
    expect(index.view).toEqual([]);
    expect(unconfirmedEvents(index.state.ledger)).toHaveLength(1);
    index.chain.mine();
    index.settle();
    expect(index.view).toHaveLength(1);
    expect(unconfirmedEvents(index.state.ledger)).toEqual([]);
  });

  it("asks for less when a node refuses a range, and waits when it is down", () => {
    const index = new ToyIndex({ ...indexerDefaults, rangeMax: 8, retryMs: 500 });
    for (let i = 0; i < 20; i += 1) index.chain.mine();
    index.see();
    expect(index.effects).toEqual([{ type: "fetchLogs", fromBlock: 0, toBlock: 7 }]);
    index.perform("tooMany");
    expect(index.effects).toEqual([{ type: "fetchLogs", fromBlock: 0, toBlock: 3 }]);
    index.perform("down");
    expect(index.effects).toEqual([]);
    expect(wakeIndexer(index.state)).toBe(500);
    index.now = 500;
    index.input({ type: "indexerWoken" });
    expect(index.effects).toEqual([{ type: "fetchLogs", fromBlock: 0, toBlock: 3 }]);
  });

  it("throws away an answer that mixes two branches", () => {
    const index = new ToyIndex({ ...indexerDefaults });
    index.happen(1);
    index.chain.mine();
    index.see();
    const [genesis, block] = index.chain.blocks;
    if (genesis === undefined || block === undefined) throw new Error("two blocks");
    const [event] = index.chain.head.transactions;
    index.input({
      type: "logsFetched",
      fromBlock: 0,
      toBlock: 1,
      parentHash: genesis.parentHash,
      blocks: [genesis, block].map(({ number, hash }) => ({ number, hash })),
      events: [
        {
          type: "refunded",
          escrowId: event?.hash ?? "0x",
          amount: 1n,
          blockNumber: 1,
          blockHash: genesis.hash,
          txHash: genesis.hash,
          logIndex: 0,
        },
      ],
    });
    expect(index.state.ledger.nextBlock).toBe(0);
    expect(wakeIndexer(index.state)).toBe(indexerDefaults.retryMs);
  });
});
