// The client file of the home folder: how the command line finds this devnet. A file that somebody else wrote is never touched.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Places } from "./places.ts";

/** The client file belongs to another network. */
export class ForeignClientFileError extends Error {
  override readonly name = "ForeignClientFileError";
}

/** Throws when the client file names a wallet that is no devnet's. */
export function checkClientFile(places: Places): void {
  if (!existsSync(places.clientFile)) return;
  let wallet: unknown;
  try {
    wallet = (JSON.parse(readFileSync(places.clientFile, "utf8")) as { wallet?: unknown }).wallet;
  } catch {
    wallet = "what is not JSON";
  }
  if (wallet === places.payerKeyFile) return;
  throw new ForeignClientFileError(
    `${places.clientFile} belongs to another network (its wallet is ${String(wallet ?? "not named")}); choose another folder with --home or STARLING_HOME`,
  );
}

/** Writes where the API is, and what signs and is trusted. */
export function writeClientFile(
  places: Places,
  endpoint: { readonly api: string; readonly tokenFile: string } | null,
): void {
  const { payerKeyFile: wallet, networkFile: network } = places;
  // Without an API there is still a network to check receipts against.
  writeFileSync(places.clientFile, `${JSON.stringify({ ...endpoint, wallet, network }, null, 2)}\n`, { mode: 0o600 });
}
