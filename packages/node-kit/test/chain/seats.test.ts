// Seats on the jury: a devnet's workers have theirs from the start, and an owner takes them, leaves them, and gets his stake back.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Anvil, devnetChainId, startAnvil } from "../../src/chain/anvil.ts";
import { mineEvery, passTime } from "../../src/chain/chain-control.ts";
import { RpcClient } from "../../src/chain/client.ts";
import type { ChainNetwork } from "../../src/chain/contracts.ts";
import { deployDevnet, devnetWindows } from "../../src/chain/deploy.ts";
import { type DevnetAccounts, devnetAccounts } from "../../src/chain/devnet-accounts.ts";
import { setUpDevnet } from "../../src/chain/devnet-setup.ts";
import { OwnerChain } from "../../src/chain/owner.ts";
import type { Wallet } from "../../src/chain/wallet.ts";
import { peerIdHashOf } from "./devnet.ts";

// Blocks come once a second, and each step waits for its own.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let anvil: Anvil;
let rpc: RpcClient;
let network: ChainNetwork;
let accounts: DevnetAccounts;
let owner: OwnerChain;
beforeAll(async () => {
  anvil = await startAnvil();
  rpc = new RpcClient(anvil.httpUrl);
  accounts = devnetAccounts(1);
  network = await deployDevnet({ rpc, chainId: devnetChainId, wallet: accounts.deployer });
  const registrations = [
    { worker: workerOf(accounts), operator: operatorOf(accounts), peerIdHash: peerIdHashOf(0), seq: 1 },
    { worker: accounts.referee, operator: accounts.payer, peerIdHash: peerIdHashOf(1), seq: 1 },
  ];
  await setUpDevnet({ rpc, network }, { accounts, registrations, seats: true });
  await mineEvery(rpc, 1);
  owner = new OwnerChain(rpc, network);
});
afterAll(async () => {
  rpc.close();
  await anvil.stop();
});

function workerOf({ workers: [worker] }: DevnetAccounts): Wallet {
  if (worker === undefined) throw new Error("no worker");
  return worker;
}

function operatorOf({ operators: [operator] }: DevnetAccounts): Wallet {
  if (operator === undefined) throw new Error("no operator");
  return operator;
}

test("a devnet's workers have seats, but not a payer's own, which is a party to all of his disputes", async () => {
  const { seatStake } = devnetWindows.court;
  expect(await owner.seat(workerOf(accounts).address, {})).toMatchObject({
    isTaken: true,
    stake: seatStake,
    releaseAtSeconds: null,
  });
  expect((await owner.queries.stake(operatorOf(accounts).address)).pledged).toBe(seatStake);
  expect(await owner.seat(accounts.referee.address, {})).toMatchObject({ isTaken: false, stake: 0n });
});

test("an owner leaves a seat, gets what stood behind it later, and takes it again", async () => {
  const [operator, { address: worker }] = [operatorOf(accounts), workerOf(accounts)];
  await expect(owner.joinJury(operator, worker, {})).rejects.toThrow(/has a seat on the jury already/);
  await owner.leaveJury(operator, worker, {});
  const left = await owner.seat(worker, {});
  expect(left).toMatchObject({ isTaken: false, stake: devnetWindows.court.seatStake });
  expect(left.releaseAtSeconds).toBeGreaterThan(0);
  await expect(owner.leaveJury(operator, worker, {})).rejects.toThrow(/StakeTooEarly/);
  await passTime(rpc, devnetWindows.court.seatSeconds + 1);
  await owner.leaveJury(operator, worker, {});
  expect(await owner.seat(worker, {})).toMatchObject({ isTaken: false, stake: 0n, releaseAtSeconds: null });
  expect((await owner.queries.stake(operator.address)).pledged).toBe(0n);
  await expect(owner.leaveJury(operator, worker, {})).rejects.toThrow(/has no seat on the jury/);
  await owner.joinJury(operator, worker, {});
  expect(await owner.seat(worker, {})).toMatchObject({ isTaken: true });
});

test("nobody has a seat whom nobody owns", async () => {
  await expect(owner.seat(accounts.deployer.address, {})).rejects.toThrow(/is not registered/);
});
