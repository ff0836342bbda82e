// Our contracts at their addresses, and the one place that turns revert data into words.
import type { Address, Hex, SigningDomain } from "@starling/protocol";
import { accessManagerAbi, disputeCourtAbi, jobEscrowAbi, mockUsdAbi, stakeRegistryAbi } from "./generated/abi.ts";
import { RpcError } from "./rpc-error.ts";
import { TypedContract } from "./typed.ts";

/** Where a network's contracts stand. */
export interface ContractAddresses {
  readonly token: Address;
  readonly stakeRegistry: Address;
  readonly jobEscrow: Address;
  readonly court: Address;
  readonly accessManager: Address;
}

/** A network's chain: all that a process must know to talk to it. Part of the network file. */
export interface ChainNetwork {
  readonly chainId: number;
  readonly contracts: ContractAddresses;
  /** The first block in which one of the contracts existed. */
  readonly startBlock: number;
}

/** Typed access to our contracts. */
export interface Contracts {
  readonly token: TypedContract<typeof mockUsdAbi>;
  readonly registry: TypedContract<typeof stakeRegistryAbi>;
  readonly escrow: TypedContract<typeof jobEscrowAbi>;
  readonly court: TypedContract<typeof disputeCourtAbi>;
  readonly authority: TypedContract<typeof accessManagerAbi>;
}

/** Typed access to the contracts at these addresses. */
export function contractsAt(addresses: ContractAddresses): Contracts {
  return {
    token: new TypedContract(addresses.token, mockUsdAbi),
    registry: new TypedContract(addresses.stakeRegistry, stakeRegistryAbi),
    escrow: new TypedContract(addresses.jobEscrow, jobEscrowAbi),
    court: new TypedContract(addresses.court, disputeCourtAbi),
    authority: new TypedContract(addresses.accessManager, accessManagerAbi),
  };
}

/** Where signatures of this network are valid. */
export function signingDomainOf({ chainId, contracts }: ChainNetwork): SigningDomain {
  const { jobEscrow, stakeRegistry, court } = contracts;
  return { chainId, jobEscrow, stakeRegistry, court };
}

/** Why a call would revert, in words; null when the error is not a revert. */
export function revertReason(contracts: Contracts, error: unknown): string | null {
  if (!(error instanceof RpcError) || error.code !== "rejected") return null;
  const { data } = error;
  if (data !== null && data.length >= 10) return reasonIn(contracts, data) ?? `unknown error ${data.slice(0, 10)}`;
  return /revert/i.test(error.message) ? error.message : null;
}

function reasonIn(contracts: Contracts, data: Hex): string | null {
  for (const contract of [
    contracts.escrow,
    contracts.registry,
    contracts.court,
    contracts.token,
    contracts.authority,
  ]) {
    const text = contract.errorText(data);
    if (text !== null) return text;
  }
  return null;
}
