// After all kills: books equal chain, everybody got what was earned and no more, and after all deadlines every contract is empty.

import { mineBlock, OwnerChain, passTime } from "@starling/node-kit";
import type { Address, EscrowId } from "@starling/protocol";
import { Interface } from "ethers";
import { expect } from "vitest";
import { stakeRegistryAbi } from "../../packages/node-kit/src/chain/generated/abi.ts";
import { tasksOf } from "../../scripts/demo/findings.ts";
import { daemonPlaces } from "../../scripts/devnet/places.ts";
import { deadline } from "../harness/deadline.ts";
import type { TestDevnet } from "../harness/test-devnet.ts";
import { checkJournal } from "./audit.ts";

/** What was there before anything was paid. */
export interface MoneyBefore {
  readonly payer: bigint;
  readonly coordinator: bigint;
}

/** Tokens of payer and coordinator. */
export async function moneyOf(net: TestDevnet): Promise<MoneyBefore> {
  const { payer, coordinator } = net.devnet.ground.accounts;
  const [ofPayer, ofCoordinator] = await Promise.all(
    [payer, coordinator].map(({ address }) => net.queries.tokenBalance(address)),
  );
  return { payer: ofPayer ?? 0n, coordinator: ofCoordinator ?? 0n };
}

/** What each worker's accepted results are worth. */
async function earnings(net: TestDevnet, jobs: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
  const earned = new Map<string, bigint>();
  for (const jobId of jobs) {
    const tasks = await tasksOf(net.client, jobId, { signal: deadline(`tasks of ${jobId}`) });
    for (const { worker, verdict, price } of tasks.flatMap((task) => task.leases))
      if (verdict === "accepted") earned.set(worker, (earned.get(worker) ?? 0n) + BigInt(price));
  }
  return earned;
}

/** Compares books, chain and journal, then calls every exit. Stops all daemons. */
export async function auditSettlement(
  net: TestDevnet,
  { jobs, escrows }: { readonly jobs: readonly string[]; readonly escrows: ReadonlySet<string> },
  before: MoneyBefore,
): Promise<void> {
  const { accounts, members } = net.devnet.ground;
  const earned = await earnings(net, jobs);
  const paid = new Map<string, bigint>();
  for (const escrowId of escrows) {
    const books = await net.client.ledger.getLedger({ of: { $case: "escrowId", value: escrowId } });
    expect(books).toMatchObject({ balanced: true, owed: "0", state: "closed" });
    expect(await net.queries.escrow(escrowId as EscrowId)).toMatchObject({ phase: "closed" });
    for (const { worker } of books.workers) {
      const { claimed } = await net.queries.account(escrowId as EscrowId, worker as Address);
      paid.set(worker, (paid.get(worker) ?? 0n) + claimed);
    }
  }
  for (const { worker } of members) {
    const amount = earned.get(worker.address) ?? 0n;
    expect(paid.get(worker.address) ?? 0n, `pay of ${worker.address}`).toBe(amount);
    expect(await net.queries.tokenBalance(worker.address), `tokens of ${worker.address}`).toBe(amount);
  }
  const total = [...earned.values()].reduce((sum, amount) => sum + amount, 0n);
  expect(total).toBeGreaterThan(0n);
  expect(await moneyOf(net)).toEqual({ payer: before.payer - total, coordinator: before.coordinator });
  expect(await net.queries.tokenBalance(accounts.coordinator.address)).toBe(before.coordinator);
  await Promise.all(["coordinator", ...members.map(({ name }) => name)].map((name) => net.devnet.daemon(name).stop()));
  await checkJournal(daemonPlaces(net.devnet.places, "coordinator").dataDir);
  await leaveAll(net, escrows);
}

/** Longer than every delay of the devnet's contracts. */
const longSeconds = 60 * 24 * 3_600;
/** Half a million, twice what any exit takes. */
const plentyOfGas = "0x7a120";

/** Calls every exit once no daemon lives, and finds the contracts empty. Anybody may call one for anybody; operators alone can say that they leave. */
export async function leaveAll(net: TestDevnet, escrows: ReadonlySet<string>): Promise<void> {
  const { contracts } = net.chain;
  const registry = new Interface(stakeRegistryAbi);
  const call = async (from: Address, name: string, args: readonly unknown[]): Promise<void> => {
    const data = registry.encodeFunctionData(name, args);
    // The node's own estimate is too small where another seat was left in the same second: notes are overwritten there, and new later.
    const transaction = { from, to: contracts.stakeRegistry, data, gas: plentyOfGas };
    const hash = await net.rpc.request("eth_sendTransaction", [transaction]);
    await mineBlock(net.rpc);
    expect(await net.rpc.request("eth_getTransactionReceipt", [hash]), name).toMatchObject({ status: "0x1" });
  };
  const { members } = net.devnet.ground;
  const operators = members.map(({ operator }) => operator.address);
  const stranger = net.devnet.ground.accounts.payer.address;
  const owner = new OwnerChain(net.rpc, net.chain);
  const seats = await Promise.all(
    members.map(async (one) => ({ ...one, seat: await owner.seat(one.worker.address, {}) })),
  );
  const seated = seats.filter(({ seat }) => seat.isTaken);
  expect(seated.length).toBeGreaterThan(0);
  for (const operator of operators) await call(operator, "startUnbond", []);
  // A seat is nobody's any more once its operator leaves.
  for (const { worker } of seated) await call(stranger, "leaveJury", [worker.address]);
  await passTime(net.rpc, longSeconds);
  await mineBlock(net.rpc);
  for (const { seat, operator } of seated) await call(stranger, "releasePledge", [seat.pledgedTo, operator.address]);
  for (const operator of operators) {
    for (const escrowId of escrows) {
      const { amount } = await net.queries.pledge(escrowId as EscrowId, operator);
      if (amount > 0n) await call(stranger, "releasePledge", [escrowId, operator]);
    }
    await call(stranger, "withdraw", [operator]);
  }
  for (const contract of [contracts.jobEscrow, contracts.stakeRegistry, contracts.court])
    expect(await net.queries.tokenBalance(contract), `left in ${contract}`).toBe(0n);
}
