// Options that several verbs share, and what they stand for.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { OwnerChain, RpcClient, type Wallet, walletOf } from "@starling/node-kit";
import { type Address, isAddress, type NetworkFile, parseAmount, parseNetworkFile } from "@starling/protocol";
import { readSecretKey, StarlingError } from "@starling/sdk";
import type { Command } from "commander";

/** What commander gives a verb. */
export interface OwnerOptions {
  readonly key?: string;
  readonly network?: string;
  readonly rpcUrl?: string;
  readonly address?: string;
  readonly amount?: string;
  readonly worker?: string;
  readonly out?: string;
  readonly pledge?: string;
  readonly consent?: string;
  readonly vouchers?: string;
  readonly raw?: boolean;
  readonly output: string;
}

/** Reorganisations aside, a local node mines within seconds and a public one within minutes. */
const chainLimitMs = 180_000;

/** Adds a verb that prints pairs. */
export function verb(noun: Command, usage: string, description: string): Command {
  return noun.command(usage).description(description).option("-o, --output <format>", "table or json", "table");
}

/** Adds the options of a verb that asks the chain. */
export function onChain(command: Command): Command {
  return command
    .requiredOption("--network <file>", "the network file: chain and contracts", process.env.STARLING_NETWORK)
    .option("--rpc-url <url>", "the chain's JSON-RPC; overrides the network file's");
}

/** Adds the option of the key that signs. */
export function withKey(command: Command): Command {
  return command.option("--key <file>", "key file or keystore (default: owner.json in $STARLING_HOME or ~/.starling)");
}

/** Where the owner's key is. */
export function keyPath({ key }: OwnerOptions): string {
  return resolve(key ?? join(process.env.STARLING_HOME ?? join(homedir(), ".starling"), "owner.json"));
}

/** The owner's wallet; asks for the passphrase where the file is a keystore. */
export async function walletFrom(options: OwnerOptions): Promise<Wallet> {
  return walletOf(await readSecretKey(keyPath(options)));
}

/** Uses the chain of the network file, and lets go of it. */
export async function withChain<T>(
  options: OwnerOptions,
  use: (chain: OwnerChain, waiting: { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const file = networkFile(options.network ?? "");
  const url = options.rpcUrl ?? file.rpcUrl;
  if (url === undefined)
    throw new StarlingError("configuration", "--rpc-url is missing, and the network file names no node of the chain");
  const rpc = new RpcClient(url);
  // No verb here calls the access manager, so the network file does not name it.
  const contracts = { ...file.contracts, accessManager: `0x${"0".repeat(40)}` as const };
  try {
    const chain = new OwnerChain(rpc, { chainId: file.chainId, contracts, startBlock: 0 });
    return await use(chain, { signal: AbortSignal.timeout(chainLimitMs) });
  } finally {
    rpc.close();
  }
}

/** An amount of an option. */
export function amountFrom(text: string | undefined, name: string): bigint {
  const parsed = parseAmount(text ?? "");
  if (!parsed.ok) throw new StarlingError("invalidArgument", `--${name}: ${parsed.problem}`);
  return parsed.value;
}

/** An address of an option. */
export function addressFrom(text: string | undefined, name: string): Address {
  const lower = text?.toLowerCase() ?? "";
  if (!isAddress(lower))
    throw new StarlingError("invalidArgument", `--${name} must be an address, 0x and 40 hexadecimal digits`);
  return lower;
}

function networkFile(path: string): NetworkFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new StarlingError("configuration", `the network file ${path} can't be read`, { cause });
  }
  const parsed = parseNetworkFile(text);
  if (!parsed.ok) throw new StarlingError("configuration", `${path} is not a network file: ${parsed.problem}`);
  return parsed.network;
}
