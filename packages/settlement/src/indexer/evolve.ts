// The only writer of an indexer's durable part: applies one fact and decides nothing.
import { assertNever } from "@starling/kernel";
import type { IndexerFact } from "./messages.ts";
import type { IndexerLedger } from "./state.ts";

/** Applies a fact to the ledger in place. */
export function evolveIndexer(ledger: IndexerLedger, fact: IndexerFact): void {
  switch (fact.type) {
    case "blocksIndexed": {
      const joins = ledger.ring.at(-1)?.number === (fact.blocks[0]?.number ?? 0) - 1;
      ledger.ring = [...(joins ? ledger.ring : []), ...fact.blocks].slice(-ledger.config.ringMax);
      ledger.recent.push(...fact.events);
      ledger.nextBlock = fact.toBlock + 1;
      break;
    }
    case "blocksUndone":
      ledger.ring = ledger.ring.filter((block) => block.number < fact.fromBlock);
      ledger.recent = ledger.recent.filter((event) => event.blockNumber < fact.fromBlock);
      ledger.nextBlock = fact.fromBlock;
      ledger.confirmedThrough = Math.min(ledger.confirmedThrough, fact.fromBlock - 1);
      break;
    case "blocksConfirmed":
      ledger.confirmedThrough = fact.throughBlock;
      forgetDeep(ledger);
      break;
    default:
      assertNever(fact, "indexer fact");
  }
}

// Confirmed events below the ring can't be undone any more.
function forgetDeep(ledger: IndexerLedger): void {
  const floor = ledger.ring[0]?.number ?? ledger.nextBlock;
  ledger.recent = ledger.recent.filter(
    (event) => event.blockNumber >= floor || event.blockNumber > ledger.confirmedThrough,
  );
}
