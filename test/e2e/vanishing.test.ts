// Who goes away for ever takes nobody's money along: a worker in the middle of a job, and a payer who never asks for his rest.
import { setTimeout as delay } from "node:timers/promises";
import { passTime, type RpcError } from "@starling/node-kit";
import type { Address, EscrowId } from "@starling/protocol";
import { Interface } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobEscrowAbi } from "../../packages/node-kit/src/chain/generated/abi.ts";
import { tasksOf } from "../../scripts/demo/findings.ts";
import { closeEscrow } from "../../scripts/demo/settlement.ts";
import { deadline, within } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import { TestDevnet } from "../harness/test-devnet.ts";

/** Between two looks at the chain, whose blocks take a second. */
const lookMs = 200;
const vanishing = "worker-1";
/** It dies when its second answer has left it. */
const death = { STARLING_TEST_MODE: "1", STARLING_FAILPOINTS: "effect.sendReveals.after=kill@2" };

describe("somebody vanishes", () => {
  let net: TestDevnet;
  /** What each worker's accepted results were worth, over all jobs. */
  const earned = new Map<string, bigint>();
  let before: bigint;
  beforeAll(async () => {
    const environmentOf = (name: string) => (name === vanishing ? death : {});
    net = await TestDevnet.start({ workers: 4, referee: false, environmentOf });
    before = await net.queries.tokenBalance(payer());
  });
  afterAll(async () => {
    await net.stop();
  });

  function payer(): Address {
    return net.devnet.ground.accounts.payer.address;
  }

  function address(name: string): Address {
    const member = net.devnet.ground.members.find((one) => one.name === name);
    if (member === undefined) throw new Error(`there is no ${name}`);
    return member.worker.address;
  }

  /** Runs a job to its last payment, and notes what was earned; gives its escrow. */
  async function perform(name: string, more: readonly string[] = []): Promise<EscrowId> {
    const { jobId } = await net.submit(writeJob(net.home, { name, range: [0, 9], more }));
    await net.settled(jobId);
    const { job } = await net.client.jobs.getJob({ jobId });
    expect(job).toMatchObject({ state: "completed" });
    for (const { leases } of await tasksOf(net.client, jobId, { signal: deadline("tasks") }))
      for (const { worker, verdict, price } of leases)
        if (verdict === "accepted") earned.set(worker, (earned.get(worker) ?? 0n) + BigInt(price));
    return job?.escrowId as EscrowId;
  }

  /** Workers have what they earned, the payer all the rest, and the contract nothing. */
  async function expectSettled(): Promise<void> {
    const total = [...earned.values()].reduce((sum, amount) => sum + amount, 0n);
    for (const { worker } of net.devnet.ground.members)
      expect(await net.queries.tokenBalance(worker.address)).toBe(earned.get(worker.address) ?? 0n);
    expect(await net.queries.tokenBalance(payer())).toBe(before - total);
    expect(await net.queries.tokenBalance(net.chain.contracts.jobEscrow)).toBe(0n);
  }

  /** Lets block time run past the escrow's deadline, and a while more. */
  async function passDeadline(escrowId: EscrowId, moreSeconds: number): Promise<void> {
    const { deadlineSeconds } = await net.queries.escrow(escrowId);
    const head = (await net.rpc.request("eth_getBlockByNumber", ["latest", false])) as { readonly timestamp: string };
    await passTime(net.rpc, deadlineSeconds - Number(head.timestamp) + moreSeconds);
  }

  async function untilClosed(escrowId: EscrowId): Promise<void> {
    const signal = deadline("the escrow is closed");
    while ((await net.queries.escrow(escrowId, { signal })).phase !== "closed")
      await delay(lookMs, undefined, { signal });
  }

  it("a worker: the job ends without it, it has what it earned, and the payer gets the rest back", async () => {
    const gone = net.devnet.daemon(vanishing).exited;
    const escrowId = await perform("worker-gone");
    expect(await within(`the end of ${vanishing}`, gone)).toMatchObject({ signal: "SIGKILL" });
    // What was reserved for it and not earned comes back with the rest.
    const { allotted, claimed } = await net.queries.account(escrowId, address(vanishing));
    expect(claimed).toBeGreaterThan(0n);
    expect(allotted).toBeGreaterThan(claimed);
    const books = await closeEscrow(net.client, escrowId, { signal: deadline("closing") });
    expect(books).toMatchObject({ balanced: true, owed: "0" });
    await expectSettled();
  });

  it("a payer: all are paid, and past its deadline the escrow closes by itself and sends him the rest", async () => {
    const escrowId = await perform("payer-gone", ["deadline: 5m"]);
    expect(await net.queries.escrow(escrowId)).toMatchObject({ phase: "open" });
    expect(await net.queries.tokenBalance(net.chain.contracts.jobEscrow)).toBeGreaterThan(0n);
    await passDeadline(escrowId, 1);
    await untilClosed(escrowId);
    await expectSettled();
  });

  it("a payer and then the coordinator: whoever comes by may close the escrow, and the payer gets his rest", async () => {
    const escrowId = await perform("both-gone", ["deadline: 2h"]);
    await net.devnet.daemon("coordinator").kill();
    const { claimSeconds } = await net.queries.windows();
    const { jobEscrow } = net.chain.contracts;
    const escrow = new Interface(jobEscrowAbi);
    const from = net.devnet.ground.members[1]?.operator.address;
    const data = escrow.encodeFunctionData("close", [escrowId]);
    const close = { from, to: jobEscrow, data, gas: "0x80000" };
    // Not a moment early: until then claims may come.
    const early = await net.rpc.request("eth_call", [close, "latest"]).catch((error: unknown) => error);
    expect(escrow.parseError((early as RpcError).data ?? "0x")?.name).toBe("EscrowTooEarly");
    await passDeadline(escrowId, claimSeconds + 1);
    await net.rpc.request("eth_sendTransaction", [close]);
    await untilClosed(escrowId);
    await expectSettled();
  });
});
