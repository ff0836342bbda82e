// What reaches the indexer, what it makes true, what it asks of the world, and what it reports.
import type { ChainEvent, Hash } from "@starling/protocol";
import type { HeadSeen } from "../head.ts";

/** A block by number and hash: the pair says on which branch it is. */
export interface BlockRef {
  readonly number: number;
  readonly hash: Hash;
}

/** Inputs: outcomes of the effect below, new heads, and wake-ups. */
export type IndexerInput =
  | HeadSeen
  /** The logs of our contracts in a range. All of it must come from one branch. */
  | {
      readonly type: "logsFetched";
      readonly fromBlock: number;
      readonly toBlock: number;
      /** Parent of `fromBlock`: ties the range to what was indexed before. */
      readonly parentHash: Hash;
      /** The last blocks of the range, ascending and without gaps up to `toBlock`; at least as many as the ring holds, or all. */
      readonly blocks: readonly BlockRef[];
      /** Ascending by block and log index. */
      readonly events: readonly ChainEvent[];
    }
  /** `tooMany`: the node refuses so large a range. */
  | {
      readonly type: "logsUnavailable";
      readonly fromBlock: number;
      readonly toBlock: number;
      readonly tooMany: boolean;
    }
  /** The moment of `wakeIndexer` has come. */
  | { readonly type: "indexerWoken" };

/** Facts; the embedding core journals them as its own. */
export type IndexerFact =
  | {
      readonly type: "blocksIndexed";
      readonly toBlock: number;
      readonly blocks: readonly BlockRef[];
      readonly events: readonly ChainEvent[];
    }
  /** A reorg: `fromBlock` and everything above it is another branch now. */
  | { readonly type: "blocksUndone"; readonly fromBlock: number }
  /** Everything up to this block was reported as confirmed. */
  | { readonly type: "blocksConfirmed"; readonly throughBlock: number };

/** The one effect: read the logs of a range of blocks, both ends included. */
export interface IndexerEffect {
  readonly type: "fetchLogs";
  readonly fromBlock: number;
  readonly toBlock: number;
}

/**
 * What one turn tells the core that embeds the indexer, in the order in which it must be applied. Each event is confirmed
 * exactly once, unless a reorg deeper than the confirmations undoes it: then it may be confirmed again on the other branch.
 */
export type IndexerChange =
  | { readonly type: "eventConfirmed"; readonly event: ChainEvent }
  | { readonly type: "eventUndone"; readonly event: ChainEvent };
