// The network file: what somebody who verifies a receipt has to know beforehand, and what a daemon needs to join.
import { z } from "zod";
import { keccakText } from "./digest.ts";
import { isAddress } from "./hex.ts";
import type { Address, PeerId } from "./ids.ts";
import { isNetworkId } from "./topics.ts";
import type { SigningDomain } from "./typed-data.ts";

/** `network.json`. Whoever verifies must have it from a source that he trusts: it is what a forger cannot change. */
export interface NetworkFile {
  /** For people. */
  readonly name: string;
  readonly networkId: string;
  /** 0 in a network without a chain. */
  readonly chainId: number;
  /** A node of the chain; verification does not need it. */
  readonly rpcUrl?: string;
  readonly contracts: {
    readonly token: Address;
    readonly stakeRegistry: Address;
    readonly jobEscrow: Address;
    readonly court: Address;
  };
  /** Coordinators whose anchors and receipts count. */
  readonly coordinators: readonly { readonly address: Address; readonly peerId: PeerId }[];
  /** Multiaddresses to start from. */
  readonly bootstrap: readonly string[];
  /** Blocks after which a transaction counts. */
  readonly confirmations: number;
  /** Without a chain: whose workers may join, where others ask a registry. */
  readonly operators?: readonly Address[];
}

/** A network file, or what is wrong with it. */
export type ParsedNetworkFile =
  | { readonly ok: true; readonly network: NetworkFile }
  | { readonly ok: false; readonly problem: string };

// People copy addresses in checksum case; inside there is one form.
const address = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine(isAddress, { error: "must be an address, 0x and 40 hexadecimal digits" });

const networkSchema = z.strictObject({
  name: z.string().max(255),
  networkId: z.string().refine(isNetworkId, { error: "must be made of lower-case letters, digits and dashes" }),
  chainId: z.number().int().min(1),
  rpcUrl: z.string().optional(),
  contracts: z.strictObject({ token: address, stakeRegistry: address, jobEscrow: address, court: address }),
  coordinators: z.array(z.strictObject({ address, peerId: z.string() })).max(10_000),
  bootstrap: z.array(z.string()).max(1_000),
  confirmations: z.number().int().min(0),
});

// A fleet of one owner: his word takes the place of contracts, and his list that of a registry.
const chainlessSchema = z.strictObject({
  name: networkSchema.shape.name,
  networkId: networkSchema.shape.networkId,
  chain: z.literal("none"),
  operators: z.array(address).min(1).max(10_000),
  coordinators: networkSchema.shape.coordinators,
  bootstrap: networkSchema.shape.bootstrap,
});

/** Whether the network has a chain; without one nothing is paid or anchored by contracts. */
export function hasChain({ chainId }: Pick<NetworkFile, "chainId">): boolean {
  return chainId !== 0;
}

// Signatures name contracts. Where there are none, accounts that follow from the network's id keep those of two fleets apart.
function chainlessAccount(networkId: string, contract: string): Address {
  return `0x${keccakText(`starling/no-chain/${networkId}/${contract}`).slice(-40)}`;
}

function withoutChain({ chain: _chain, ...file }: z.infer<typeof chainlessSchema>): NetworkFile {
  const at = (contract: string): Address => chainlessAccount(file.networkId, contract);
  const contracts = {
    token: at("token"),
    stakeRegistry: at("stakeRegistry"),
    jobEscrow: at("jobEscrow"),
    court: at("court"),
  };
  return { ...file, chainId: 0, contracts, confirmations: 0 };
}

/** Reads a network file from JSON text. */
export function parseNetworkFile(text: string): ParsedNetworkFile {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    // The parser's own message differs between engines, so it is left out.
    return { ok: false, problem: "it is not JSON" };
  }
  if (typeof found === "object" && found !== null && "chain" in found) {
    const fleet = chainlessSchema.safeParse(found);
    return fleet.success
      ? { ok: true, network: withoutChain(fleet.data) }
      : { ok: false, problem: problemOf(fleet.error) };
  }
  const outcome = networkSchema.safeParse(found);
  if (!outcome.success) return { ok: false, problem: problemOf(outcome.error) };
  const { rpcUrl, ...rest } = outcome.data;
  return { ok: true, network: rpcUrl === undefined ? rest : { ...rest, rpcUrl } };
}

function problemOf({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join(".") || "the file"}: ${issue?.message ?? "is malformed"}`;
}

/** Where signatures of this network are valid. */
export function signingDomainOf(network: Pick<NetworkFile, "chainId" | "contracts">): SigningDomain {
  const { stakeRegistry, jobEscrow, court } = network.contracts;
  return { chainId: network.chainId, stakeRegistry, jobEscrow, court };
}
