// What must hold of an indexer after every turn.
import type { IndexerLedger } from "./state.ts";

/** Lists every broken invariant of the durable part. */
export function indexerViolations(ledger: IndexerLedger): readonly string[] {
  const broken: string[] = [];
  const { ring, recent, nextBlock, confirmedThrough, config } = ledger;
  ring.forEach((block, i) => {
    const expected = nextBlock - ring.length + i;
    if (block.number !== expected) broken.push(`the ring holds block ${block.number} in place of ${expected}`);
  });
  if (ring.length > config.ringMax) broken.push(`the ring holds ${ring.length} blocks`);
  if (confirmedThrough >= nextBlock) broken.push(`confirmed through ${confirmedThrough}, read to ${nextBlock - 1}`);
  recent.forEach((event, i) => {
    const before = recent[i - 1];
    if (event.blockNumber >= nextBlock) broken.push(`an event of block ${event.blockNumber} was not read`);
    if (before !== undefined && before.blockNumber > event.blockNumber)
      broken.push(`events ${i - 1} and ${i} are out of order`);
  });
  return broken;
}
