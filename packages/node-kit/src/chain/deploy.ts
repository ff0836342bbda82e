// Deploys our contracts in one block; the addresses that they need of each other follow from the deployer's nonce.
import type { Address, Hex } from "@starling/protocol";
import { concat as concatHex, getCreateAddress, Interface, type InterfaceAbi } from "ethers";
import { mineBlock, mineOnDemand } from "./chain-control.ts";
import type { RpcWaiting } from "./client.ts";
import type { ChainNetwork, ContractAddresses } from "./contracts.ts";
import { accessManagerAbi, disputeCourtAbi, jobEscrowAbi, mockUsdAbi, stakeRegistryAbi } from "./generated/abi.ts";
import {
  accessManagerBytecode,
  disputeCourtBytecode,
  jobEscrowBytecode,
  mockUsdBytecode,
  stakeRegistryBytecode,
} from "./generated/bytecode.ts";
import { mined, nextNonce, type Submission, type SubmitDeps, submitAll } from "./submit.ts";

/** What is fixed for the life of the contracts; times in seconds, money in base units. */
export interface DeployOptions {
  readonly disputeSeconds: number;
  readonly claimSeconds: number;
  readonly maxDurationSeconds: number;
  readonly minimumStake: bigint;
  readonly unbondSeconds: number;
  readonly court: CourtOptions;
}

/** What a dispute costs and how long its parts last; `disputeSeconds` above is how long results may be disputed at all. */
interface CourtOptions {
  readonly evidenceSeconds: number;
  readonly drawSeconds: number;
  readonly commitSeconds: number;
  readonly revealSeconds: number;
  readonly appealSeconds: number;
  readonly jurySize: number;
  readonly appealJurySize: number;
  /** Blocks from the call that asks for a jury to the one whose hash draws it. */
  readonly seedDelayBlocks: number;
  /** What a challenger risks besides the jurors' fees. */
  readonly baseBond: bigint;
  readonly jurorFee: bigint;
  readonly jurorFine: bigint;
  /** What stands behind each seat of the jury pool, and for how long after it was left: at least the longest dispute. */
  readonly seatStake: bigint;
  readonly seatSeconds: number;
}

/** Windows in which a person can watch everything happen. */
export const devnetWindows: DeployOptions = {
  disputeSeconds: 2,
  claimSeconds: 4,
  maxDurationSeconds: 14 * 24 * 3_600,
  minimumStake: 1_000_000n,
  unbondSeconds: 10,
  court: {
    evidenceSeconds: 2,
    drawSeconds: 10,
    commitSeconds: 10,
    revealSeconds: 5,
    appealSeconds: 5,
    jurySize: 3,
    appealJurySize: 5,
    seedDelayBlocks: 1,
    baseBond: 100_000n,
    jurorFee: 10_000n,
    jurorFine: 200_000n,
    seatStake: 200_000n,
    seatSeconds: 60,
  },
};

/** Deploys to a development chain, which mines on demand afterwards. Throws when something reverts. */
export async function deployDevnet(
  deps: SubmitDeps,
  options: DeployOptions = devnetWindows,
  waiting: RpcWaiting = {},
): Promise<ChainNetwork> {
  const { rpc, chainId, wallet } = deps;
  await mineOnDemand(rpc);
  const contracts = plannedAddresses(wallet.address, await nextNonce(rpc, wallet.address, waiting));
  const hashes = await submitAll(deps, deployments(contracts, wallet.address, options), waiting);
  const startBlock = await mineBlock(rpc);
  await mined(rpc, hashes, waiting);
  await checkCode(deps, contracts);
  return { chainId, contracts, startBlock };
}

/** The addresses that five deployments from this nonce on will have. */
export function plannedAddresses(deployer: Address, nonce: number): ContractAddresses {
  const at = (i: number): Address => getCreateAddress({ from: deployer, nonce: nonce + i }).toLowerCase() as Address;
  return { accessManager: at(0), token: at(1), stakeRegistry: at(2), jobEscrow: at(3), court: at(4) };
}

function deployments(contracts: ContractAddresses, admin: Address, options: DeployOptions): readonly Submission[] {
  const { token, stakeRegistry: registry, jobEscrow: escrow, court, accessManager: authority } = contracts;
  const { disputeSeconds, claimSeconds, maxDurationSeconds, minimumStake, unbondSeconds } = options;
  const { seatStake, seatSeconds } = options.court;
  const bonds = { minimumStake, unbondDelay: unbondSeconds, seatStake, seatDelay: seatSeconds };
  const stake = { token, escrow, court, authority, ...bonds };
  const windows = { disputeWindow: disputeSeconds, claimWindow: claimSeconds, maxDuration: maxDurationSeconds };
  const escrowConfig = { token, registry, authority, ...windows };
  return [
    deployment(accessManagerBytecode, accessManagerAbi, [admin]),
    deployment(mockUsdBytecode, mockUsdAbi, []),
    deployment(stakeRegistryBytecode, stakeRegistryAbi, [stake]),
    deployment(jobEscrowBytecode, jobEscrowAbi, [escrowConfig]),
    deployment(disputeCourtBytecode, disputeCourtAbi, [courtConfig(contracts, admin, options.court)]),
  ];
}

function courtConfig({ token, stakeRegistry, jobEscrow }: ContractAddresses, sink: Address, options: CourtOptions) {
  const { baseBond, jurySize: size, appealJurySize: appealSize, seedDelayBlocks: seedDelay } = options;
  return {
    token,
    registry: stakeRegistry,
    escrow: jobEscrow,
    sink,
    baseBond,
    jury: { size, appealSize, seedDelay, fee: options.jurorFee, fine: options.jurorFine },
    windows: {
      evidence: options.evidenceSeconds,
      draw: options.drawSeconds,
      commit: options.commitSeconds,
      reveal: options.revealSeconds,
      appeal: options.appealSeconds,
    },
  };
}

function deployment(bytecode: Hex, abi: readonly unknown[], args: readonly unknown[]): Submission {
  const encoded = new Interface(abi as InterfaceAbi).encodeDeploy(args);
  return { to: null, data: concatHex([bytecode, encoded]) as Hex };
}

// A wrong nonce would put a contract elsewhere, and the others would point at nothing.
async function checkCode({ rpc }: SubmitDeps, contracts: ContractAddresses): Promise<void> {
  for (const name of ["accessManager", "token", "stakeRegistry", "jobEscrow", "court"] as const) {
    const code = await rpc.request("eth_getCode", [contracts[name], "latest"]);
    if (code === "0x") throw new Error(`there is no contract ${name} at ${contracts[name]}`);
  }
}
