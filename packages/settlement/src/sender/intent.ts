// The life of one intended transaction, from the wish to the block that is deep enough.
import type { Lifecycle } from "@starling/kernel";
import type { ChainCall, Hash, Hex } from "@starling/protocol";

/** Where an intent stands. `final` and `failed` are the ends. */
export type IntentStatus = "intended" | "signed" | "broadcast" | "mined" | "final" | "failed";

/** Which state may follow which. A reorg leads back from `mined`; a nonce that a foreign transaction took, to `intended`. */
export const intentLifecycle: Lifecycle<IntentStatus> = {
  name: "intent",
  initial: "intended",
  table: {
    intended: ["signed", "failed"],
    signed: ["broadcast", "mined", "intended"],
    broadcast: ["mined", "intended"],
    mined: ["broadcast", "final", "failed"],
    final: [],
    failed: [],
  },
};

/** EIP-1559 fees in wei per unit of gas. */
export interface GasFees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** One signed form of an intent; a replacement is another one with the same nonce. */
export interface Attempt {
  readonly hash: Hash;
  /** The signed transaction, kept so that sending it again needs no new decision. */
  readonly raw: Hex;
  readonly gasLimit: bigint;
  readonly fees: GasFees;
  /** The head when it was signed. */
  readonly headNumber: number;
}

/** Where and how an attempt entered the chain. */
export interface TransactionReceipt {
  readonly hash: Hash;
  readonly blockNumber: number;
  readonly blockHash: Hash;
  /** False: it was mined, took gas and changed nothing else. */
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** Wei per unit of gas. */
  readonly effectiveGasPrice: bigint;
}

/** An intent that is not finished. */
export interface Intent {
  readonly intentId: string;
  readonly call: ChainCall;
  status: Exclude<IntentStatus, "final" | "failed">;
  /** Taken when signed; null before. */
  nonce: number | null;
  attempts: Attempt[];
  receipt: TransactionReceipt | null;
}

/** What is remembered of an intent that is over. */
export interface FinishedIntent {
  readonly intentId: string;
  readonly status: "final" | "failed";
  /** Null where none was taken. */
  readonly nonce: number | null;
  /** The form that was mined, while a deep reorg may still make it needed. */
  readonly attempts: Attempt[];
  /** Null where it never entered the chain. */
  readonly receipt: TransactionReceipt | null;
  /** Why it failed; empty when it did not. */
  readonly reason: string;
}
