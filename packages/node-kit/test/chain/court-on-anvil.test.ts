// A dispute on a real local chain from the caught answer to the fine: opened by permit, signers named, a jury drawn, votes, the ruling, the money.
import {
  type Address,
  type ChainCall,
  type ChainEvent,
  disputeIdOf,
  type EscrowId,
  escrowIdOf,
  type Hash,
  keccakText,
  merkleProof,
  merkleTree,
  pledgeOrderDigest,
  receiptLeaf,
  resultHashOf,
  type Statement,
  voteCommitment,
} from "@starling/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mineBlock } from "../../src/chain/chain-control.ts";
import { contractsAt } from "../../src/chain/contracts.ts";
import { devnetWindows } from "../../src/chain/deploy.ts";
import { fetchLogs } from "../../src/chain/logs.ts";
import { nextNonce } from "../../src/chain/submit.ts";
import { broadcastTransaction, prepareTransaction } from "../../src/chain/transactions.ts";
import { signBatchReceipt, signOrder, signPermit, type Wallet } from "../../src/chain/wallet.ts";
import { passSeconds, startTestChain, type TestChain } from "./devnet.ts";

const fine = 1_000_000n;
// Blocks carry the machine's time, so windows are far longer than anything that this test waits for, and time is moved over them.
const hour = 3_600;
const parts = {
  evidenceSeconds: hour,
  drawSeconds: hour,
  commitSeconds: hour,
  revealSeconds: hour,
  appealSeconds: hour,
};
const windows = {
  ...devnetWindows,
  court: { ...devnetWindows.court, ...parts, seatSeconds: 24 * hour },
};
const right = keccakText("right digest");
const wrong = keccakText("wrong digest");

describe("a dispute on a local chain", () => {
  let chain: TestChain;
  let escrowId: EscrowId;
  beforeAll(async () => {
    chain = await startTestChain(5, windows);
    for (const { address } of chain.accounts.workers)
      await chain.rpc.request("anvil_setBalance", [address, `0x${(10n ** 18n).toString(16)}`]);
    escrowId = await openEscrow();
    await Promise.all([pledge(0), pledge(1)]);
    await mineBlock(chain.rpc);
    for (const juror of [2, 3, 4]) await send(worker(juror), { kind: "joinJury", worker: worker(juror).address });
    await mineBlock(chain.rpc);
  });
  afterAll(async () => {
    await chain.close();
  });

  function worker(i: number): Wallet {
    const found = chain.accounts.workers[i];
    if (found === undefined) throw new Error(`there is no worker ${i}`);
    return found;
  }

  function operator(i: number): Address {
    const found = chain.accounts.operators[i];
    if (found === undefined) throw new Error(`there is no operator ${i}`);
    return found.address;
  }

  /** Prepares on the pending state, as the sender does, and hands it to the node. */
  async function send(wallet: Wallet, call: ChainCall): Promise<void> {
    const { rpc, network } = chain;
    const deps = { rpc, wallet, contracts: contractsAt(network.contracts), chainId: network.chainId };
    const nonce = await nextNonce(rpc, wallet.address);
    const request = { intentId: "test", call, nonce, feeFloor: null, gasLimit: null };
    const prepared = await prepareTransaction(deps, request);
    if (prepared.type === "transactionRefused") throw new Error(`${call.kind}: ${prepared.reason}`);
    expect((await broadcastTransaction(rpc, prepared)).type).toBe("transactionAccepted");
  }

  async function openEscrow(): Promise<EscrowId> {
    const { payer, coordinator } = chain.accounts;
    const order = await chain.order("court", 1_000n);
    const permit = signPermit(payer, chain.token, {
      owner: payer.address,
      spender: chain.network.contracts.jobEscrow,
      value: order.budget,
      nonce: await chain.queries.permitNonce(payer.address),
      deadline: order.deadline,
    });
    const orderSignature = signOrder(payer, chain.domain, order);
    await send(coordinator, { kind: "createEscrowFor", order, orderSignature, permit });
    await mineBlock(chain.rpc);
    return escrowIdOf(chain.domain, order);
  }

  async function pledge(i: number): Promise<void> {
    const releaseBySeconds = await chain.queries.finalAt(escrowId);
    const order = {
      escrowId,
      operator: operator(i),
      total: 5n * fine,
      releaseBySeconds,
      deadlineSeconds: releaseBySeconds,
    };
    const signature = worker(i).sign(pledgeOrderDigest(chain.domain, order));
    await send(worker(i), { kind: "pledgeFor", order, signature });
  }

  /** An answer in a signed frame of two. */
  function statement(i: number, taskSpec: Hash, digest: Hash): Statement {
    const attempt = i + 1;
    const leaves = [keccakText("another answer"), receiptLeaf({ taskSpec, attempt }, digest)];
    const tree = merkleTree(leaves);
    return {
      worker: worker(i).address,
      attempt,
      resultHash: resultHashOf(taskSpec, digest),
      resultsRoot: tree.root,
      index: 1,
      fine,
      proof: merkleProof(tree, 1),
      signature: signBatchReceipt(worker(i), chain.domain, { escrowId, resultsRoot: tree.root, fine }),
    };
  }

  async function eventsSince(fromBlock: number): Promise<readonly ChainEvent[]> {
    const toBlock = await mineBlock(chain.rpc);
    const deps = { rpc: chain.rpc, contracts: contractsAt(chain.network.contracts), ringMax: 8, wanted: () => true };
    const found = await fetchLogs(deps, { fromBlock, toBlock });
    if (found.type !== "logsFetched") throw new Error("the node has no logs");
    return found.events;
  }

  it("fines two answers to one attempt without a jury", async () => {
    const { coordinator, payer } = chain.accounts;
    const taskSpec = keccakText("task with two answers");
    const balances = () => Promise.all([coordinator, payer].map(({ address }) => chain.queries.tokenBalance(address)));
    const [found = 0n, paid = 0n] = await balances();
    const before = await chain.queries.stake(operator(0));
    const start = await mineBlock(chain.rpc);
    const [one, other] = [statement(0, taskSpec, wrong), statement(0, taskSpec, right)];
    await send(coordinator, { kind: "slashEquivocation", escrowId, taskSpec, one, other });
    const events = await eventsSince(start);
    expect(events.filter(({ type }) => type === "equivocated" || type === "workerFined")).toMatchObject([
      { type: "equivocated", escrowId, taskSpec, worker: worker(0).address, finder: coordinator.address },
      { type: "workerFined", worker: worker(0).address, amount: fine },
    ]);
    expect((await chain.queries.stake(operator(0))).stake).toBe(before.stake - fine);
    await expect(send(coordinator, { kind: "slashEquivocation", escrowId, taskSpec, one, other })).rejects.toThrow(
      "CourtNothingDue",
    );
    for (const { address: account } of [coordinator, payer])
      await send(coordinator, { kind: "withdrawCredit", account });
    await mineBlock(chain.rpc);
    // A quarter is the finder's, half the payer's.
    expect(await balances()).toEqual([found + fine / 4n, paid + fine / 2n]);
  });

  it("takes the fines that were signed from the liars, and brings the challenger's bond back", async () => {
    const { coordinator, payer } = chain.accounts;
    const taskSpec = keccakText("task of two liars");
    const disputeId = disputeIdOf(escrowId, taskSpec);
    const [stakeBefore, moneyBefore, payerBefore] = await Promise.all([
      chain.queries.stake(operator(0)),
      chain.queries.tokenBalance(coordinator.address),
      chain.queries.tokenBalance(payer.address),
    ]);
    // Jurors are drawn from the pool as it stood in the second before, and on a quick machine all seats were taken in this one.
    await passSeconds(chain.rpc, 2);
    const start = await mineBlock(chain.rpc);
    // The second is prepared while the first still waits: so a task's liars are all named in one block.
    const opening = { kind: "openOnReceipt", escrowId, taskSpec, statement: statement(0, taskSpec, wrong) } as const;
    await send(coordinator, opening);
    await send(coordinator, { kind: "implicate", disputeId, statement: statement(1, taskSpec, keccakText("other")) });
    await mineBlock(chain.rpc);
    expect(await chain.queries.tokenBalance(coordinator.address)).toBe(moneyBefore - 130_000n);

    await passSeconds(chain.rpc, hour);
    await send(coordinator, { kind: "draw", disputeId });
    await mineBlock(chain.rpc);
    await mineBlock(chain.rpc);
    await send(coordinator, { kind: "draw", disputeId });
    await mineBlock(chain.rpc);

    const jurors = [worker(2), worker(3), worker(4)];
    const ballots = jurors.map((juror) => ({ juror, salt: keccakText(`salt of ${juror.address}`) }));
    for (const { juror, salt } of ballots) {
      const commitment = voteCommitment({ disputeId, round: 1, juror: juror.address, digest: right, salt });
      await send(juror, { kind: "commitVote", disputeId, commitment });
    }
    await mineBlock(chain.rpc);
    expect(await chain.queries.courtWindows()).toEqual(parts);
    await passSeconds(chain.rpc, hour);
    for (const { juror, salt } of ballots) await send(juror, { kind: "revealVote", disputeId, digest: right, salt });
    await mineBlock(chain.rpc);
    await passSeconds(chain.rpc, 2 * hour);
    await send(coordinator, { kind: "resolve", disputeId });
    await mineBlock(chain.rpc);

    const events = await eventsSince(start);
    const drawn = events.find((event) => event.type === "juryDrawn");
    expect(new Set(drawn?.jurors)).toEqual(new Set(jurors.map(({ address }) => address)));
    expect(events.filter(({ type }) => type === "disputeResolved")).toMatchObject([
      { disputeId, outcome: "overturned", verdict: resultHashOf(taskSpec, right) },
    ]);
    expect(events.filter(({ type }) => type === "workerFined")).toMatchObject([
      { escrowId, worker: worker(0).address, attempt: 1, amount: fine },
      { escrowId, worker: worker(1).address, attempt: 2, amount: fine },
    ]);
    expect(await chain.queries.stake(operator(0))).toEqual({
      stake: stakeBefore.stake - fine,
      pledged: stakeBefore.pledged - fine,
    });

    for (const account of [coordinator.address, payer.address])
      await send(coordinator, { kind: "withdrawCredit", account });
    await mineBlock(chain.rpc);
    // Jurors' fees of 0.03 are repaid from the fines; of the rest the finder gets a quarter and the payer half.
    const rest = 2n * fine - 30_000n;
    expect(await chain.queries.tokenBalance(coordinator.address)).toBe(moneyBefore + rest / 4n);
    expect(await chain.queries.tokenBalance(payer.address)).toBe(payerBefore + rest / 2n);
  });
});
