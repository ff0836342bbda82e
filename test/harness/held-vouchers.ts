// What each worker of a devnet has been promised in writing, by the file that it keeps.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Address, EscrowId } from "@starling/protocol";
import { daemonPlaces } from "../../scripts/devnet/places.ts";
import type { TestDevnet } from "./test-devnet.ts";

/** One worker with its vouchers. */
export interface Held {
  readonly name: string;
  readonly worker: Address;
  readonly log: string;
  readonly vouchers: readonly { readonly escrowId: EscrowId; readonly cumulative: bigint }[];
}

/** Reads all of them. */
export function heldVouchers(net: TestDevnet): readonly Held[] {
  return net.devnet.ground.members.map(({ name, worker }) => {
    const { dataDir, log } = daemonPlaces(net.devnet.places, name);
    const { vouchers } = JSON.parse(readFileSync(join(dataDir, "vouchers.json"), "utf8")) as {
      readonly vouchers: readonly { readonly escrowId: EscrowId; readonly cumulative: string }[];
    };
    const rows = vouchers.map(({ escrowId, cumulative }) => ({ escrowId, cumulative: BigInt(cumulative) }));
    return { name, worker: worker.address, log, vouchers: rows };
  });
}

/** All that its vouchers say, base units. */
export function promised({ vouchers }: Held): bigint {
  return vouchers.reduce((sum, { cumulative }) => sum + cumulative, 0n);
}
