// What a worker believes of a real chain: only what lies deep enough, and only escrows that stand for their offers.
import {
  type Anvil,
  ChainQueries,
  chainEffects,
  type DevnetAccounts,
  deployDevnet,
  devnetAccounts,
  devnetChainId,
  devnetMoney,
  JuryQueries,
  mineBlock,
  RpcClient,
  setUpDevnet,
  signingDomainOf,
  signOrder,
  signPermit,
  silentLogger,
  startAnvil,
} from "@starling/node-kit";
import {
  anyPledge,
  type ChainCall,
  escrowIdOf,
  type Hash,
  type JobOrder,
  pledgeOrderDigest,
  type SigningDomain,
  type TaskOffer,
  zeroHash,
} from "@starling/protocol";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ChainView } from "../../src/shell/chain-view.ts";
import { deadline, newWallet, within } from "./support.ts";

const hotKey = newWallet();
const worker = hotKey.address;
const budget = 1_000_000n;
let anvil: Anvil;
let rpc: RpcClient;
let accounts: DevnetAccounts;
let queries: ChainQueries;
let court: JuryQueries;
let order: JobOrder;
let domain: SigningDomain;
let escrowId: Hash;
let perform: (call: ChainCall) => Promise<void>;

beforeAll(async () => {
  anvil = await startAnvil();
  rpc = new RpcClient(anvil.httpUrl);
  accounts = devnetAccounts(0);
  const network = await deployDevnet({ rpc, chainId: devnetChainId, wallet: accounts.deployer });
  await setUpDevnet(
    { rpc, network },
    {
      accounts,
      registrations: [{ operator: accounts.payer, worker: hotKey, peerIdHash: zeroHash, seq: 1 }],
    },
  );
  queries = new ChainQueries(rpc, network);
  court = new JuryQueries(rpc, network);
  const act = chainEffects({ rpc, wallet: accounts.coordinator, network });
  // The set-up was the coordinator's first transaction.
  let nonce = 1;
  perform = async (call) => {
    const fees = { feeFloor: null, gasLimit: null };
    const made = await act({ type: "prepareTransaction", intentId: call.kind, call, nonce, ...fees });
    if (made?.type !== "transactionPrepared") throw new Error(`${call.kind} is refused: ${JSON.stringify(made)}`);
    await act({ type: "broadcastTransaction", hash: made.hash, raw: made.raw });
    nonce += 1;
    await mineBlock(rpc);
  };
  domain = signingDomainOf(network);
  const { payer, coordinator } = accounts;
  order = {
    requester: payer.address,
    coordinator: coordinator.address,
    budget,
    specHash: zeroHash,
    lotteryRoot: zeroHash,
    deadline: Math.floor(Date.now() / 1_000) + 36_000,
    salt: zeroHash,
  };
  escrowId = escrowIdOf(domain, order);
  const permit = signPermit(payer, await queries.tokenDomain(), {
    owner: payer.address,
    spender: network.contracts.jobEscrow,
    value: budget,
    nonce: await queries.permitNonce(payer.address),
    deadline: order.deadline,
  });
  await perform({ kind: "createEscrowFor", order, orderSignature: signOrder(payer, domain, order), permit });
});

afterAll(async () => {
  rpc.close();
  await anvil.stop();
});

/** A view, and the way to the next head that it sees. */
async function viewOf(
  confirmations: number,
): Promise<{ readonly view: ChainView; readonly mine: () => Promise<void> }> {
  const own = new RpcClient(anvil.wsUrl);
  const view = new ChainView({ rpc: own, queries, court, logger: silentLogger }, { worker, confirmations });
  let seen: (blockNumber: number) => void = () => undefined;
  view.onHead(({ number }) => seen(number));
  const headAt = (least: number): Promise<void> =>
    within(
      new Promise((resolve) => {
        seen = (blockNumber) => blockNumber >= least && resolve();
      }),
    );
  const first = headAt(0);
  view.start();
  onTestFinished(() => view.stop());
  await first;
  return {
    view,
    mine: async () => {
      const next = headAt(Number(await rpc.request("eth_blockNumber", [])) + 1);
      await mineBlock(rpc);
      await next;
    },
  };
}

const offer = (): TaskOffer => ({
  networkId: "test",
  jobId: zeroHash,
  escrowId,
  coordinator: accounts.coordinator.address,
  coordinatorPeerId: "peer",
  addresses: [],
  runtimeClass: "wasm",
  needs: { cpuCores: 1, memoryBytes: 1, diskBytes: 0, gpu: null },
  open: 1,
  priceCap: 1n,
  sequence: 1,
  expiresAt: 0,
});

test("an offer counts when its escrow stands, is the coordinator's own, and has money left", async () => {
  const { view } = await viewOf(1);
  expect(await view.refusalOf(offer(), deadline())).toBeNull();
  expect(await view.refusalOf({ ...offer(), escrowId: zeroHash }, deadline())).toContain("does not exist");
  expect(await view.refusalOf({ ...offer(), coordinator: worker }, deadline())).toContain("another coordinator");
});

test("an allotment counts once it lies deep enough; an escrow's parties are told before", async () => {
  const { view, mine } = await viewOf(3);
  expect(await view.allotment(zeroHash, deadline())).toBeNull();
  for (const _block of [1, 2]) await mine();
  const parties = { coordinator: accounts.coordinator.address, payer: accounts.payer.address };
  expect(await view.allotment(escrowId, deadline())).toMatchObject({ ...parties, allotted: 0n });
  const expiresAtSeconds = order.deadline - 100;
  await perform({ kind: "allot", escrowId, allotments: [{ worker, total: 500n, expiresAtSeconds }] });
  await mine();
  expect(await view.allotment(escrowId, deadline())).toMatchObject({ allotted: 0n });
  await mine();
  expect(await view.allotment(escrowId, deadline())).toEqual({
    ...parties,
    allotted: 500n,
    claimed: 0n,
    expiresAt: expiresAtSeconds * 1_000,
  });
});

test("a pledge is decided on what is confirmed: the escrow, its end, the stake and the allowance", async () => {
  const { view, mine } = await viewOf(1);
  expect(await view.pledge(zeroHash, [], deadline())).toBeNull();
  await mine();
  const finalAtSeconds = await queries.finalAt(escrowId);
  expect(await view.pledge(escrowId, [escrowId, zeroHash], deadline())).toEqual({
    coordinator: accounts.coordinator.address,
    open: true,
    finalAtSeconds,
    allotted: 500n,
    stake: devnetMoney.stakePerOperator,
    pledged: 0n,
    leaving: false,
    total: 0n,
    standing: 0n,
    endsAtSeconds: 0,
    // The contract knows nothing of an unknown escrow that could change any more.
    over: [zeroHash],
    allowance: anyPledge,
  });
  const [operator, releaseBySeconds] = [accounts.payer.address, finalAtSeconds];
  const signed = { escrowId, operator, total: 9n, releaseBySeconds, deadlineSeconds: order.deadline };
  await perform({ kind: "pledgeFor", order: signed, signature: hotKey.sign(pledgeOrderDigest(domain, signed)) });
  await mine();
  const standing = { total: 9n, standing: 9n, pledged: 9n, endsAtSeconds: finalAtSeconds };
  expect(await view.pledge(escrowId, [], deadline())).toMatchObject(standing);
});

test("who asks before the first head waits for it, or leaves", async () => {
  const own = new RpcClient(anvil.httpUrl);
  const view = new ChainView({ rpc: own, queries, court, logger: silentLogger }, { worker, confirmations: 1 });
  onTestFinished(() => view.stop());
  const impatient = new AbortController();
  const left = view.allotment(escrowId, impatient.signal);
  const waiting = view.allotment(escrowId, deadline());
  impatient.abort(new Error("no time"));
  await expect(left).rejects.toThrow("no time");
  view.start();
  expect(await within(waiting)).toMatchObject({ payer: accounts.payer.address });
});
