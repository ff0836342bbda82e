// The whole money path on a real local chain: deposit by permit, allotments, result roots, pay, refund, close; and a reorg.
import { anyPledge, escrowIdOf, keccakText, pledgeOrderDigest, type Signature, zeroHash } from "@starling/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { mineBlock, reorganise } from "../../src/chain/chain-control.ts";
import { signOrder, signPermit, signVoucher, type Wallet } from "../../src/chain/wallet.ts";
import { blockSeconds, passSeconds, peerIdHashOf, startTestChain, type TestChain } from "./devnet.ts";
import { LiveSettlement } from "./live-settlement.ts";

describe("settlement on a local chain", () => {
  let chain: TestChain;
  beforeAll(async () => {
    chain = await startTestChain();
  });
  afterAll(async () => {
    await chain.close();
  });

  // Two senders of one key would take each other's nonces, so none outlives its test, not even one that failed.
  const started: LiveSettlement[] = [];
  afterEach(async () => {
    for (const live of started.splice(0)) await live.close();
  });
  function start(wallet: Wallet, confirmations: number): LiveSettlement {
    const live = new LiveSettlement(chain, wallet, confirmations);
    started.push(live);
    return live;
  }

  /** Mines until an intent has reached a state. */
  async function mineUntil(live: LiveSettlement, intentId: string, status: string): Promise<void> {
    const reached = (): boolean => live.status(intentId) === status;
    const moved = (before: string | null) => () => live.status(intentId) !== before;
    await live.until(() => live.status(intentId) !== "intended" && live.status(intentId) !== "signed");
    while (!reached()) {
      const seen = live.heads.length;
      const before = live.status(intentId);
      await mineBlock(chain.rpc);
      await live.until(
        () => live.heads.length > seen && (moved(before)() || live.sender.ledger.config.confirmations > 1),
      );
    }
  }

  async function openEscrow(live: LiveSettlement, salt: string, budget: bigint) {
    const { payer } = chain.accounts;
    const order = await chain.order(salt, budget);
    const permit = signPermit(payer, chain.token, {
      owner: payer.address,
      spender: chain.network.contracts.jobEscrow,
      value: budget,
      nonce: await chain.queries.permitNonce(payer.address),
      deadline: order.deadline,
    });
    const call = {
      kind: "createEscrowFor",
      order,
      orderSignature: signOrder(payer, chain.domain, order),
      permit,
    } as const;
    live.intend(`create ${salt}`, call);
    return { order, escrowId: escrowIdOf(chain.domain, order), call };
  }

  it("registered the workers under their operators", async () => {
    const [worker] = chain.accounts.workers;
    const [operator] = chain.accounts.operators;
    if (worker === undefined || operator === undefined) throw new Error("two workers");
    expect(await chain.queries.operatorOf(worker.address)).toBe(operator.address);
    expect(await chain.queries.node(worker.address)).toEqual({
      operator: operator.address,
      seq: 1,
      peerIdHash: peerIdHashOf(0),
      pledgeAllowance: anyPledge,
    });
    expect(await chain.queries.operatorOf(chain.accounts.payer.address)).toBeNull();
    expect(await chain.queries.stake(operator.address)).toEqual({ stake: 100_000_000n, pledged: 0n });
    expect(await chain.queries.windows()).toEqual({ disputeSeconds: 2, claimSeconds: 4 });
  });

  it("carries money from the payer to the workers and back, to the unit", async () => {
    const { coordinator, payer, workers } = chain.accounts;
    const [first, second] = workers;
    if (first === undefined || second === undefined) throw new Error("two workers");
    const live = start(coordinator, 1);
    const payerBefore = await chain.queries.tokenBalance(payer.address);
    const coordinatorBefore = await chain.queries.tokenBalance(coordinator.address);
    const { escrowId } = await openEscrow(live, "money", 1_000n);
    await mineUntil(live, "create money", "final");
    expect(await chain.queries.escrow(escrowId)).toMatchObject({
      phase: "open",
      payer: payer.address,
      budget: 1_000n,
      bond: 1_000n,
    });

    const expiresAtSeconds = (await blockSeconds(chain.rpc)) + 600;
    const allotments = [
      { worker: first.address, total: 300n, expiresAtSeconds },
      { worker: second.address, total: 200n, expiresAtSeconds },
    ];
    const root = keccakText("root");
    live.intend("allot", { kind: "allot", escrowId, allotments });
    live.intend("commit", { kind: "commit", escrowId, batch: 0, root, count: 5, last: true });
    live.intend("pay", { kind: "payBatch", escrowId, payments: [{ worker: first.address, cumulative: 250n }] });
    const voucher = { escrowId, worker: second.address, cumulative: 120n };
    const signature: Signature = signVoucher(coordinator, chain.domain, voucher);
    live.intend("redeem", { kind: "redeem", signature, ...voucher });
    await mineUntil(live, "redeem", "final");
    expect(await chain.queries.resultRoot(escrowId, 0)).toBe(root);
    expect(await chain.queries.account(escrowId, first.address)).toMatchObject({ allotted: 300n, claimed: 250n });
    expect(await chain.queries.tokenBalance(first.address)).toBe(250n);
    expect(await chain.queries.tokenBalance(second.address)).toBe(120n);

    // Vouchers are open for the claim window, so the first wish to close is refused, and by name.
    live.intend("close early", { kind: "close", escrowId });
    await live.until(() => live.status("close early") === "failed");
    expect(live.sender.ledger.finished.get("close early")?.reason).toMatch(/^EscrowTooEarly\(\d+\)$/);
    await passSeconds(chain.rpc, 5);
    live.intend("close", { kind: "close", escrowId });
    await mineUntil(live, "close", "final");
    expect(await chain.queries.escrow(escrowId)).toMatchObject({ phase: "closed", claimed: 370n, bond: 0n });
    expect(await chain.queries.tokenBalance(payer.address)).toBe(payerBefore - 370n);
    expect(await chain.queries.tokenBalance(coordinator.address)).toBe(coordinatorBefore);

    await live.until(() => live.events.some((event) => event.type === "escrowClosed"));
    const mine = live.events.filter((event) => "escrowId" in event && event.escrowId === escrowId);
    expect(mine.map((event) => event.type)).toEqual([
      "escrowCreated",
      "allotted",
      "allotted",
      "resultsCommitted",
      "refunded",
      "paid",
      "paid",
      "escrowClosed",
    ]);
    expect(mine.at(4)).toMatchObject({ amount: 500n });
    expect(mine.at(7)).toMatchObject({ refund: 130n, bond: 1_000n });
    expect(live.events.filter((event) => event.type === "registered")).toHaveLength(2);
  });

  it("sends again what a reorg took, under the same nonce, and the events follow", async () => {
    const live = start(chain.accounts.coordinator, 3);
    const { escrowId } = await openEscrow(live, "reorg", 500n);
    await live.until(() => live.status("create reorg") === "broadcast");
    await mineBlock(chain.rpc);
    await live.until(() => live.status("create reorg") === "mined");
    expect(await chain.queries.escrow(escrowId)).toMatchObject({ phase: "open" });
    // A block that nobody has read can be replaced without anybody noticing.
    await live.until(() => live.caughtUp());
    await reorganise(chain.rpc, 1);
    expect(await chain.queries.escrow(escrowId)).toMatchObject({ phase: "none" });
    await mineBlock(chain.rpc);
    await live.until(() => live.facts.some((fact) => fact.type === "transactionUnmined"));
    await live.until(() => live.facts.some((fact) => fact.type === "blocksUndone"));
    await mineUntil(live, "create reorg", "final");
    expect(await chain.queries.escrow(escrowId)).toMatchObject({ phase: "open", budget: 500n });
    expect(live.facts.filter((fact) => fact.type === "transactionSigned")).toHaveLength(1);
    await live.until(() => live.events.some((event) => event.type === "escrowCreated" && event.escrowId === escrowId));
    expect(live.events.filter((event) => event.type === "escrowCreated" && event.escrowId === escrowId)).toHaveLength(
      1,
    );
  });

  it("does not open an escrow twice, and takes no nonce for the second wish", async () => {
    const live = start(chain.accounts.coordinator, 1);
    const { call, escrowId } = await openEscrow(live, "twice", 100n);
    await mineUntil(live, "create twice", "final");
    live.intend("create twice again", call);
    await live.until(() => live.status("create twice again") === "failed");
    expect(live.sender.ledger.finished.get("create twice again")).toMatchObject({
      reason: `EscrowExists(${escrowId})`,
      nonce: null,
    });
  });

  it("submits a pledge that a worker signed without any gas, once, and gives it back when the escrow is final", async () => {
    const live = start(chain.accounts.coordinator, 1);
    const { escrowId } = await openEscrow(live, "pledged", 500n);
    await mineUntil(live, "create pledged", "final");
    const [worker] = chain.accounts.workers;
    const operator = chain.accounts.operators[0]?.address;
    if (worker === undefined || operator === undefined) throw new Error("the devnet has no worker");
    const [releaseBySeconds, stake] = await Promise.all([
      chain.queries.finalAt(escrowId),
      chain.queries.stake(operator),
    ]);
    const order = { escrowId, operator, total: 9_000n, releaseBySeconds, deadlineSeconds: releaseBySeconds };
    const signature = worker.sign(pledgeOrderDigest(chain.domain, order));
    live.intend("pledge", { kind: "pledgeFor", order, signature });
    await mineUntil(live, "pledge", "final");
    expect(await chain.queries.pledge(escrowId, operator)).toEqual({
      amount: 9_000n,
      total: 9_000n,
      releaseAtSeconds: releaseBySeconds,
    });
    expect((await chain.queries.stake(operator)).pledged).toBe(stake.pledged + 9_000n);
    live.intend("pledge again", { kind: "pledgeFor", order, signature });
    await live.until(() => live.status("pledge again") === "failed");
    expect(live.sender.ledger.finished.get("pledge again")?.reason).toBe("StakePledgeUsed(9000)");
    live.intend("end", { kind: "commit", escrowId, batch: 0, root: zeroHash, count: 0, last: true });
    await mineUntil(live, "end", "final");
    await passSeconds(chain.rpc, 5);
    live.intend("release", { kind: "releasePledge", escrowId, operator });
    await mineUntil(live, "release", "final");
    expect((await chain.queries.stake(operator)).pledged).toBe(stake.pledged);
    await live.until(() => live.events.some((event) => event.type === "pledgeReleased"));
    expect(live.events.filter(({ type }) => type.startsWith("pledge"))).toMatchObject([
      { type: "pledged", escrowId, operator, amount: 9_000n, total: 9_000n, releaseAtSeconds: releaseBySeconds },
      { type: "pledgeReleased", escrowId, operator, amount: 9_000n },
    ]);
  });
});
