// The coordinator's keys: made at the first start, readable by their owner alone.
import { join } from "node:path";
import { readOrCreateKey, type Wallet, walletOf } from "@starling/node-kit";
import { type Hash, toHex } from "@starling/protocol";
import type { CoordinatorSettings } from "../config.ts";

/** The account that sends transactions, and the seed of the peer id. */
export interface CoordinatorKeys {
  readonly wallet: Wallet;
  readonly peerSeed: Uint8Array;
  /** Under which lottery secrets are sealed in the journal. */
  readonly lotteryKey: Hash;
}

/** Reads or makes both. */
export function coordinatorKeys(settings: CoordinatorSettings): CoordinatorKeys {
  const key = readOrCreateKey(settings.keyFile ?? join(settings.dataDir, "coordinator.key"));
  return {
    wallet: walletOf(key),
    peerSeed: readOrCreateKey(settings.peerKeyFile ?? join(settings.dataDir, "peer.key")),
    lotteryKey: toHex(readOrCreateKey(join(settings.dataDir, "lottery.key"))),
  };
}
