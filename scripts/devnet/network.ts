// The network file of a devnet: with a chain that was just set up, or that of a fleet without one.
import { writeFileSync } from "node:fs";
import type { Anvil, ChainNetwork } from "@starling/node-kit";
import { type Address, type NetworkFile, parseNetworkFile } from "@starling/protocol";
import type { Member } from "./members.ts";

/** What both kinds of network say of themselves. */
export interface NetworkNames {
  readonly networkId: string;
  readonly coordinators: NetworkFile["coordinators"];
  readonly bootstrap: readonly string[];
}

/** One block: nobody takes blocks back on a devnet. */
const confirmations = 1;

/** The file of a devnet with a chain. */
export function networkOn(anvil: Anvil, chain: ChainNetwork, names: NetworkNames): NetworkFile {
  const { token, stakeRegistry, jobEscrow, court } = chain.contracts;
  const contracts = { token, stakeRegistry, jobEscrow, court };
  return { name: names.networkId, ...names, chainId: chain.chainId, rpcUrl: anvil.wsUrl, contracts, confirmations };
}

/** The text of the file of a devnet without a chain: all of its operators are listed. */
export function fleetText(members: readonly Member[], names: NetworkNames): string {
  const operators = [...new Set<Address>(members.map(({ operator }) => operator.address))];
  return textOf({ name: names.networkId, ...names, chain: "none", operators });
}

/** The file as text. */
export function textOf(file: object): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Writes the file and reads it as everybody will. */
export function writeNetwork(path: string, text: string): NetworkFile {
  writeFileSync(path, text);
  const parsed = parseNetworkFile(text);
  if (!parsed.ok) throw new Error(`the devnet's network file is wrong: ${parsed.problem}`);
  return parsed.network;
}
