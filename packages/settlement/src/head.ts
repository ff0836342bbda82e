// The head of the chain as the shell sees it; the one clock of everything that has to do with money.
import type { Hash } from "@starling/protocol";

/** A block became the head. Sent for every new head, also when a reorg replaced a block of the same height. */
export interface HeadSeen {
  readonly type: "headSeen";
  readonly number: number;
  readonly hash: Hash;
  /** Block time; deadlines of contracts are compared with it and with nothing else. */
  readonly timestampSeconds: number;
  /** Transactions of our own account that the chain holds at this head. */
  readonly accountNonce: number;
}
