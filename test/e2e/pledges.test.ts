// Stake behind results, with real daemons on a real chain: operators said once that their workers may pledge, and neither sends any transaction.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { OwnerChain } from "@starling/node-kit";
import { type Address, type EscrowId, parseReceipt, type Receipt } from "@starling/protocol";
import { fetchReceipt } from "@starling/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deadline } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import { TestDevnet } from "../harness/test-devnet.ts";

/** Between two looks at the chain, whose blocks take a second. */
const lookMs = 200;

let net: TestDevnet;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "starling-pledges-"));
  net = await TestDevnet.start({ workers: 3, referee: false });
});
afterAll(async () => {
  await net.stop();
  rmSync(folder, { recursive: true, force: true });
});

function operators(): readonly Address[] {
  return net.devnet.ground.members.map(({ operator }) => operator.address);
}

/** Runs a job to its last payment; gives its receipt. */
async function perform(name: string): Promise<{ readonly jobId: string; readonly receipt: Receipt }> {
  // Two replicas of each task on three operators: each passes half of its probation with the first of these.
  const { jobId } = await net.submit(writeJob(folder, { name, range: [0, 39], more: ["trust: quorum"] }));
  await net.settled(jobId);
  const receipt = parseReceipt(await fetchReceipt(net.client, jobId, { signal: deadline("receipt") }));
  if (!receipt.ok) throw new Error(receipt.problem);
  return { jobId, receipt: receipt.receipt };
}

async function seatOf(worker: Address): Promise<{ readonly isTaken: boolean; readonly stake: bigint }> {
  const seat = await new OwnerChain(net.rpc, net.chain).seat(worker, { signal: deadline("seat") });
  expect(seat.isTaken).toBe(true);
  return seat;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const signal = deadline(what, 60_000);
  while (!(await holds())) await delay(lookMs, undefined, { signal });
}

/** Two jobs and the whole life of an escrow, which ends by the clock of a chain: a bound on hanging and no measure. */
const lifeMs = 180_000;

it(
  "workers pledge without gas once they are known, stand for later leases, and get it all back",
  async () => {
    const { jobId, receipt } = await perform("first");
    const escrowId = receipt.escrowId as EscrowId;
    const pledged = async (): Promise<readonly bigint[]> =>
      await Promise.all(operators().map(async (one) => (await net.queries.pledge(escrowId, one)).amount));
    await perform("second");
    await until("pledges of all operators", async () => (await pledged()).every((amount) => amount > 0n));
    const third = await perform("third");
    expect(third.receipt.escrowId).toBe(escrowId);
    // What a worker signs with its answers names the fine that its operator stands for.
    const fines = third.receipt.tasks.flatMap(({ answers }) => answers.map(({ fine }) => BigInt(fine)));
    expect(fines.some((fine) => fine > 0n)).toBe(true);
    expect(await net.starling(["settle", "close", "--job", jobId])).toMatchObject({ code: 0 });
    await until("releases of all pledges", async () => (await pledged()).every((amount) => amount === 0n));
    // What is left stands behind the seat on the jury that each operator took for its worker before it started.
    const { stake: seatStake } = await seatOf(net.devnet.ground.accounts.workers[0]?.address ?? "0x");
    for (const operator of operators()) expect((await net.queries.stake(operator)).pledged).toBe(seatStake);
    // The coordinator has paid for every transaction since.
    for (const { operator, worker } of net.devnet.ground.members)
      for (const [address, sent] of [
        [operator.address, "0x1"],
        [worker.address, "0x0"],
      ])
        expect(await net.rpc.request("eth_getTransactionCount", [address, "latest"])).toBe(sent);
  },
  lifeMs,
);
