// What the sender of one hot key knows: the durable queue with its nonces, and the volatile view of chain and node.
import type { Hash } from "@starling/protocol";
import type { FinishedIntent, Intent } from "./intent.ts";

/** Tunables of a sender. */
export interface SenderConfig {
  /** Blocks until a transaction counts as final; 1 means that being included is enough. */
  readonly confirmations: number;
  /** A transaction that is next in line is signed again with higher fees after so many blocks. */
  readonly replaceAfterBlocks: number;
  /** An unmined transaction is sent again after so many blocks. */
  readonly rebroadcastAfterBlocks: number;
  /** Signed and unmined at once. */
  readonly inFlightMax: number;
  /** Forms of one transaction; the last one stays until it is mined, and the operator is told. */
  readonly attemptsMax: number;
  /** Intents that wait or are under way. */
  readonly intentsMax: number;
  /** Finished intents that are remembered, so that repeating one is answered and not sent. */
  readonly finishedMax: number;
  /** Wait after a node that could not be asked, milliseconds. */
  readonly retryMs: number;
}

/** Values that suit a devnet and a public chain alike. */
export const senderDefaults: SenderConfig = {
  confirmations: 1,
  replaceAfterBlocks: 8,
  rebroadcastAfterBlocks: 3,
  inFlightMax: 16,
  attemptsMax: 8,
  intentsMax: 10_000,
  finishedMax: 10_000,
  retryMs: 2_000,
};

/** The durable part; equals the fold of all facts. */
export interface SenderLedger {
  readonly config: SenderConfig;
  /** The nonce after the highest one that was ever taken; 0 before the first. */
  nextNonce: number;
  /** Unfinished intents in the order in which they came. */
  readonly intents: Map<string, Intent>;
  /** Finished intents, oldest first. */
  readonly finished: Map<string, FinishedIntent>;
  /** Which intent each unfinished attempt belongs to. */
  readonly byHash: Map<Hash, string>;
}

/** The head and account as last seen. */
export interface SenderHead {
  readonly number: number;
  readonly hash: Hash;
  readonly accountNonce: number;
}

/** The volatile part; starts empty after a restart. */
export interface SenderPresence {
  head: SenderHead | null;
  /** The one preparation that is under way: nonces are handed out one after the other. */
  preparing: { readonly intentId: string; readonly nonce: number } | null;
  /** Intents that could not be signed and are tried again, with the head's number then. */
  readonly doubted: Map<string, number>;
  /** No preparation before this moment, milliseconds. */
  retryAt: number | null;
  /** Head number at which each attempt was last sent. */
  readonly sentAt: Map<Hash, number>;
  /** Head number since which a nonce counts as taken although no receipt of ours shows up, by intent. */
  readonly missingSince: Map<string, number>;
  /** Attempts whose receipt was asked for at this head and is missing, by intent. */
  readonly missing: Map<string, Set<Hash>>;
}

/** Both parts of a sender. */
export interface SenderState {
  readonly ledger: SenderLedger;
  readonly presence: SenderPresence;
}

/** A sender that has sent nothing. */
export function initialSender(config: SenderConfig): SenderState {
  return { ledger: emptySenderLedger(config), presence: emptySenderPresence() };
}

/** The durable part of a sender that has sent nothing. */
export function emptySenderLedger(config: SenderConfig): SenderLedger {
  return { config, nextNonce: 0, intents: new Map(), finished: new Map(), byHash: new Map() };
}

/** The volatile part after a start. */
export function emptySenderPresence(): SenderPresence {
  return {
    head: null,
    preparing: null,
    doubted: new Map(),
    retryAt: null,
    sentAt: new Map(),
    missingSince: new Map(),
    missing: new Map(),
  };
}

/** Where an intent stands, also after its end; null when it is unknown. */
export function intentStatus(
  ledger: SenderLedger,
  intentId: string,
): Intent["status"] | FinishedIntent["status"] | null {
  return ledger.intents.get(intentId)?.status ?? ledger.finished.get(intentId)?.status ?? null;
}

/** Intents whose last form has been sent and still is not mined: somebody should look at the fees or the account's funds. */
export function stuckIntents(ledger: SenderLedger): readonly string[] {
  const stuck: string[] = [];
  for (const intent of ledger.intents.values()) {
    if (intent.status !== "mined" && intent.attempts.length >= ledger.config.attemptsMax) stuck.push(intent.intentId);
  }
  return stuck;
}
