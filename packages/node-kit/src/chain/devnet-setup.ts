// Gives a devnet's accounts money, stakes and registrations in two blocks, and seats on the jury in a third.
import { type Address, anyPledge, type Hash, registrationDigest, zeroHash } from "@starling/protocol";
import { mineBlock } from "./chain-control.ts";
import type { RpcClient, RpcWaiting } from "./client.ts";
import { type ChainNetwork, type Contracts, contractsAt, signingDomainOf } from "./contracts.ts";
import type { DevnetAccounts } from "./devnet-accounts.ts";
import { mined, type Submission, seatGasReserve, submitAll } from "./submit.ts";
import { signPledgeAllowance, signRegistration, type Wallet } from "./wallet.ts";

/** A worker that is registered before it starts. */
export interface DevnetRegistration {
  readonly operator: Wallet;
  readonly worker: Wallet;
  /** keccak-256 of its peer id's multihash. */
  readonly peerIdHash: Hash;
  readonly seq: number;
}

/** How much everybody gets, base units. */
export interface DevnetMoney {
  readonly payer: bigint;
  /** For bonds: a coordinator that is not the payer posts as much as the payer deposits. */
  readonly coordinator: bigint;
  readonly stakePerOperator: bigint;
}

/** Ten thousand for the payer, bonds to match, and a hundred at stake for each operator. */
export const devnetMoney: DevnetMoney = {
  payer: 10_000_000_000n,
  coordinator: 10_000_000_000n,
  stakePerOperator: 100_000_000n,
};

/** What the set-up needs beside the chain. */
export interface DevnetSetup {
  readonly accounts: DevnetAccounts;
  readonly registrations: readonly DevnetRegistration[];
  readonly money?: DevnetMoney;
  /** Whether workers get seats on the jury; each costs its operator some free stake. By default none does. */
  readonly seats?: boolean;
}

interface SetupDeps {
  readonly rpc: RpcClient;
  readonly network: ChainNetwork;
}

/** Mints, approves the coordinator's bonds, stakes, registers, lets workers pledge their operators' stakes, and seats them on the jury where that is wanted. The deployer pays for all but the seats, which each operator takes itself. The chain must mine on demand. */
export async function setUpDevnet(deps: SetupDeps, setup: DevnetSetup, waiting: RpcWaiting = {}): Promise<void> {
  const { rpc, network } = deps;
  const { deployer, coordinator } = setup.accounts;
  const contracts = contractsAt(network.contracts);
  const send = (wallet: Wallet, all: readonly Submission[]): Promise<readonly Hash[]> =>
    submitAll({ rpc, chainId: network.chainId, wallet }, all, waiting);
  const first = [...(await send(deployer, [...mints(contracts, setup), ...stakes(contracts, setup)]))];
  const bonds = contracts.token.encode("approve", [network.contracts.jobEscrow, 2n ** 256n - 1n]);
  first.push(...(await send(coordinator, [{ to: network.contracts.token, data: bonds }])));
  await mineBlock(rpc);
  await mined(rpc, first, waiting);
  const second = await send(
    deployer,
    setup.registrations.flatMap((one) => [
      registration({ contracts, network }, one),
      allowance({ contracts, network }, one),
    ]),
  );
  await mineBlock(rpc);
  await mined(rpc, second, waiting);
  if (setup.seats !== true) return;
  const seats = await Promise.all(seated(setup).map((one) => send(one.operator, [seat(contracts, one)])));
  await mineBlock(rpc);
  await mined(rpc, seats.flat(), waiting);
}

// A payer is a party to each of his disputes: a seat of his own worker would judge nothing.
function seated({ accounts, registrations }: DevnetSetup): readonly DevnetRegistration[] {
  return registrations.filter(({ operator }) => operator.address !== accounts.payer.address);
}

function seat({ registry }: Contracts, { worker }: DevnetRegistration): Submission {
  return { to: registry.address, data: registry.encode("joinJury", [worker.address]), gasReserve: seatGasReserve };
}

function mints(
  { token }: Contracts,
  { accounts, registrations, money = devnetMoney }: DevnetSetup,
): readonly Submission[] {
  const staked = money.stakePerOperator * BigInt(operatorsOf(registrations).length);
  const mint = (to: Address, amount: bigint): Submission => ({
    to: token.address,
    data: token.encode("mint", [to, amount]),
  });
  return [
    mint(accounts.payer.address, money.payer),
    mint(accounts.coordinator.address, money.coordinator),
    mint(accounts.deployer.address, staked),
  ];
}

function stakes(
  { token, registry }: Contracts,
  { registrations, money = devnetMoney }: DevnetSetup,
): readonly Submission[] {
  const operators = operatorsOf(registrations);
  const amount = money.stakePerOperator;
  if (operators.length === 0) return [];
  const approve = token.encode("approve", [registry.address, amount * BigInt(operators.length)]);
  const increases = operators.map((operator) => registry.encode("increaseStake", [operator, amount]));
  return [{ to: token.address, data: approve }, ...increases.map((data) => ({ to: registry.address, data }))];
}

function operatorsOf(registrations: readonly DevnetRegistration[]): readonly Address[] {
  return [...new Set(registrations.map(({ operator }) => operator.address))];
}

function registration(
  { contracts, network }: { readonly contracts: Contracts; readonly network: ChainNetwork },
  { operator, worker, peerIdHash, seq }: DevnetRegistration,
): Submission {
  const { registry } = contracts;
  const domain = signingDomainOf(network);
  const claim = { worker: worker.address, peerIdHash, seq };
  const byOperator = signRegistration(operator, domain, claim);
  // Both sign the same digest: the worker consents to be owned.
  const byWorker = worker.sign(registrationDigest(domain, { ...claim, operator: operator.address }));
  const entry = { operator: operator.address, worker: worker.address, peerIdHash, seq: BigInt(seq) };
  const none = { value: 0n, deadline: 0n, v: 0n, r: zeroHash, s: zeroHash };
  return { to: registry.address, data: registry.encode("registerFor", [entry, 0n, byOperator, byWorker, none]) };
}

// Said once by the operator: from then on the worker alone decides, within its own limits, what stands behind its results.
function allowance(
  { contracts, network }: { readonly contracts: Contracts; readonly network: ChainNetwork },
  { operator, worker }: DevnetRegistration,
): Submission {
  const { registry } = contracts;
  const one = { worker: worker.address, allowance: anyPledge, seq: 1 };
  const signature = signPledgeAllowance(operator, signingDomainOf(network), one);
  return {
    to: registry.address,
    data: registry.encode("setPledgeAllowanceFor", [{ ...one, seq: BigInt(one.seq) }, signature]),
  };
}
