// The coordinator is gone for ever, and kill -9 meets its workers at every step of what they send themselves: each has what its vouchers say, once.
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { keyFromSeed, randomStreams } from "@starling/kernel";
import { mineBlock, mineEvery, mineOnDemand, OwnerChain, passTime } from "@starling/node-kit";
import type { EscrowId } from "@starling/protocol";
import { followJob } from "@starling/sdk";
import { AbiCoder, Interface, keccak256 } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobEscrowAbi } from "../../packages/node-kit/src/chain/generated/abi.ts";
import { deadline } from "../harness/deadline.ts";
import { type Held, heldVouchers, promised } from "../harness/held-vouchers.ts";
import { writeJob } from "../harness/job-files.ts";
import { TestDevnet } from "../harness/test-devnet.ts";
import { isFull } from "./failpoints.ts";
import { leaveAll, type MoneyBefore, moneyOf } from "./settlement-audit.ts";
import { senderDeaths } from "./settlement-places.ts";
import { Arming, Shooting } from "./shooting.ts";

const limitMs = isFull ? 1_800_000 : 150_000;
const workers = 3;
/** What the court keeps for each worker, base units: no less than a devnet's worker fetches. */
const fee = 30_000n;
/** Allotments end minutes after they were given: until then the coordinator could have come back. */
const allotmentSeconds = 15 * 60;
/** Longer than every delay of the devnet's contracts. */
const longSeconds = 60 * 24 * 3_600;
/** Reorgs reach no deeper than this. */
const settledBlocks = 4;
const lookMs = 100;

describe("workers under fire without their coordinator", () => {
  const seed = Number(process.env.STARLING_SETTLEMENT_SEED ?? randomInt(2 ** 31));
  const arming = new Arming();
  const stop = new AbortController();
  let net: TestDevnet;
  let shooting: Shooting;
  let before: MoneyBefore;
  let owed: readonly (Held & { readonly all: bigint; readonly due: bigint })[];

  beforeAll(async () => {
    const { environmentOf } = arming;
    net = await TestDevnet.start({ workers, referee: false, environmentOf });
    const random = randomStreams(keyFromSeed(seed))("course");
    shooting = new Shooting({ net, arming, random, seed, signal: stop.signal });
    before = await moneyOf(net);
    await vanish(net);
    owed = await Promise.all(
      heldVouchers(net).map(async (one) => {
        const all = promised(one);
        return { ...one, all, due: all - (await net.queries.tokenBalance(one.worker)) };
      }),
    );
  });
  afterAll(async () => {
    process.stderr.write(`${shooting.killed.length} kills, ${shooting.reorgs} reorgs; seed ${seed}\n`);
    stop.abort(new Error("the course is over"));
    await net.stop();
    await shooting.close();
  });

  const die = async (transaction: "redeem" | "withdrawCredit"): Promise<void> => {
    const deaths = senderDeaths(workers, transaction);
    const done = shooting.killed.length;
    await Promise.all(owed.map(async ({ name }, i) => await shooting.shoot(name, deaths[i] ?? expect.fail())));
    const wanted = deaths.flatMap(({ places, failpoints }) => [...places, ...failpoints]).length;
    expect(shooting.killed.length - done).toBe(wanted);
  };

  it(
    "die at every step of the redemption of their vouchers",
    async () => {
      for (const { name, due } of owed) expect(due, `${name} is owed something`).toBeGreaterThan(0n);
      await mineEvery(net.rpc, 1);
      await passTime(net.rpc, allotmentSeconds);
      await die("redeem");
    },
    limitMs,
  );

  it(
    "die at every step of the withdrawal of what the court keeps for them",
    async () => {
      // Whoever lives would fetch it before anybody shoots.
      await Promise.all(owed.map(async ({ name }) => await net.devnet.daemon(name).kill()));
      await keepInCourt(net);
      await die("withdrawCredit");
    },
    limitMs,
  );

  it("have what their vouchers and the court say, once, and nothing is left in any contract", {
    timeout: limitMs,
  }, async () => {
    shooting.cease();
    for (const { name, worker, all } of owed)
      await until(`${name} has everything`, async () => (await net.queries.tokenBalance(worker)) === all + fee);
    // What no reorg takes back any more.
    for (let block = 0; block < settledBlocks; block += 1) await mineBlock(net.rpc);
    await Promise.all(owed.map(async ({ name }) => await net.devnet.daemon(name).stop()));
    for (const { name, worker, all } of owed) expect(await net.queries.tokenBalance(worker), name).toBe(all + fee);
    const escrows = new Set(owed.flatMap(({ vouchers }) => vouchers.map(({ escrowId }) => escrowId)));
    await closeAll(net, escrows);
    const paid = owed.reduce((sum, { all }) => sum + all, 0n);
    expect(await moneyOf(net)).toEqual({ ...before, payer: before.payer - paid });
    await leaveAll(net, escrows);
  });
});

/** Does a job of which hardly anything is paid when there are neither blocks nor a coordinator any more. */
async function vanish(net: TestDevnet): Promise<void> {
  const more = ['budget: { max: "9 USD", perTask: "0.01 USD" }'];
  const { jobId } = await net.submit(writeJob(net.home, { name: "vanished", range: [0, 59], more }));
  for await (const { event } of followJob(net.client, jobId, { signal: deadline("the first result") }))
    if (event?.$case === "task" && event.value.state === "accepted") break;
  // Without blocks no pay is mined; what was sent is lost with its sender.
  await mineOnDemand(net.rpc);
  await net.ended(jobId);
  await net.devnet.daemon("coordinator").kill();
  await net.rpc.request("anvil_dropAllTransactions", []);
}

// As a ruling leaves it; a real one, with a real jury, is another test's and takes minutes.
async function keepInCourt(net: TestDevnet): Promise<void> {
  const { court } = net.chain.contracts;
  const { members } = net.devnet.ground;
  for (const { worker } of members) {
    const slot = keccak256(AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [worker.address, 0]));
    const value = `0x${fee.toString(16).padStart(64, "0")}`;
    await net.rpc.request("anvil_setStorageAt", [court, slot, value]);
    expect(await net.queries.credit(worker.address, "court")).toBe(fee);
  }
  const money = { tokens: fee * BigInt(members.length), wei: 0n };
  await new OwnerChain(net.rpc, net.chain).fund(court, money, { signal: deadline("the court's money") });
  // No reorg reaches as far back as this, and what is set by hand would be gone with it.
  for (let block = 0; block < settledBlocks; block += 1) await mineBlock(net.rpc);
}

// The payer takes his rest back, since nobody else is there to do it.
async function closeAll(net: TestDevnet, escrows: ReadonlySet<EscrowId>): Promise<void> {
  await passTime(net.rpc, longSeconds);
  await mineBlock(net.rpc);
  const from = net.devnet.ground.accounts.payer.address;
  for (const escrowId of escrows) {
    const data = new Interface(jobEscrowAbi).encodeFunctionData("close", [escrowId]);
    await net.rpc.request("eth_sendTransaction", [{ from, to: net.chain.contracts.jobEscrow, data }]);
    await mineBlock(net.rpc);
    expect(await net.queries.escrow(escrowId)).toMatchObject({ phase: "closed" });
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const signal = deadline(what);
  while (!(await holds())) await delay(lookMs, undefined, { signal });
}
