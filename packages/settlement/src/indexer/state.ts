// What the indexer knows: which blocks it has read, the hashes that tell it of a reorg, and the events that one could undo.
import type { ChainEvent } from "@starling/protocol";
import type { BlockRef } from "./messages.ts";

/** Tunables of an indexer. */
export interface IndexerConfig {
  /** The block in which the contracts were deployed. */
  readonly startBlock: number;
  /** Blocks until an event counts for money; 1 means that being included is enough. */
  readonly confirmations: number;
  /** Remembered block hashes; a deeper reorg is not noticed. */
  readonly ringMax: number;
  /** Blocks in one request at most. */
  readonly rangeMax: number;
  /** Wait after a node that could not be asked, milliseconds. */
  readonly retryMs: number;
}

/** Values that suit a devnet and a public chain alike. */
export const indexerDefaults: IndexerConfig = {
  startBlock: 0,
  confirmations: 1,
  ringMax: 128,
  rangeMax: 2_000,
  retryMs: 2_000,
};

/** The durable part; equals the fold of all facts. */
export interface IndexerLedger {
  readonly config: IndexerConfig;
  /** The first block that was not read. */
  nextBlock: number;
  /** Everything up to here was reported as confirmed. */
  confirmedThrough: number;
  /** The last blocks, ascending, ending just before `nextBlock`. */
  ring: BlockRef[];
  /** Events that are not confirmed yet, or that a reorg inside the ring could undo; ascending. */
  recent: ChainEvent[];
}

/** The volatile part; starts empty after a restart. */
export interface IndexerPresence {
  head: BlockRef | null;
  fetching: { readonly fromBlock: number; readonly toBlock: number } | null;
  /** Blocks asked for at once now; halves when a node refuses, grows by a quarter when it answers. */
  range: number;
  /** Blocks taken back at the next mismatch; doubles until the branches meet. */
  undoStep: number;
  retryAt: number | null;
}

/** Both parts of an indexer. */
export interface IndexerState {
  readonly ledger: IndexerLedger;
  readonly presence: IndexerPresence;
}

/** An indexer that has read nothing. */
export function initialIndexer(config: IndexerConfig): IndexerState {
  return { ledger: emptyIndexerLedger(config), presence: emptyIndexerPresence(config) };
}

/** The durable part of an indexer that has read nothing. */
export function emptyIndexerLedger(config: IndexerConfig): IndexerLedger {
  return { config, nextBlock: config.startBlock, confirmedThrough: config.startBlock - 1, ring: [], recent: [] };
}

/** The volatile part after a start. */
export function emptyIndexerPresence(config: IndexerConfig): IndexerPresence {
  return { head: null, fetching: null, range: config.rangeMax, undoStep: 1, retryAt: null };
}

/** The head view: events that are on chain but not deep enough for money, for people who watch. */
export function unconfirmedEvents(ledger: IndexerLedger): readonly ChainEvent[] {
  return ledger.recent.filter((event) => event.blockNumber > ledger.confirmedThrough);
}

/** Whether everything up to the head that was last seen has been read. */
export function isCaughtUp(state: IndexerState): boolean {
  return state.presence.head !== null && state.ledger.nextBlock > state.presence.head.number;
}
