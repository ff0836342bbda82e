// Gas of whole jobs on a real chain, as our coordinator sends them, beside the two usual ways to pay for work.
import { resolve } from "node:path";
import { policyTable } from "@starling/coordinator/core";
import { signOrder, signPermit, type Wallet } from "@starling/node-kit";
import {
  type Address,
  type ChainCall,
  escrowIdOf,
  fromHex,
  type Hash,
  keccakHex,
  keccakText,
  merkleProof,
  merkleTree,
  zeroHash,
} from "@starling/protocol";
import { AbiCoder } from "ethers";
import { callData } from "../../../packages/node-kit/src/chain/calls.ts";
import { contractsAt } from "../../../packages/node-kit/src/chain/contracts.ts";
import { passSeconds } from "../../../packages/node-kit/test/chain/devnet.ts";
import type { BenchContext, Figure } from "../figure.ts";
import { type Compiled, compileFile } from "../support/compile.ts";
import { encoded, type GasCall, GasChain } from "../support/gas-chain.ts";
import { whole } from "../support/statistics.ts";

const sizes = [
  { tasks: 1_000, workers: 100, goal: "at most 4,800" },
  { tasks: 100_000, workers: 1_000, goal: "at most 450" },
  { tasks: 1_000_000, workers: 1_000, goal: "at most 45" },
] as const;
/** Longer than the windows for disputes and claims on a devnet. */
const windowSeconds = 10;
const replicas = 3;
const price = 10_000n;
/** Each costs the same, so that a few show it. */
const sampledTasks = 48;
const baselines = resolve(import.meta.dirname, "../contracts/Baselines.sol");

const { workersPerCallMax, runTasks, batchTasksMax } = policyTable;

/** Measures on one chain, one after the other. */
export async function measure({ signal, say }: BenchContext): Promise<readonly Figure[]> {
  const chain = await GasChain.start();
  try {
    const workers = await chain.holders(1_000, signal);
    say("a chain runs; 1,000 workers hold the token");
    const compiled = compileFile(baselines);
    const perTask = await transactionPerTask(chain, { compiled, workers }, signal);
    say(`one transaction per task: ${whole(perTask)} gas each`);
    const figures: Figure[] = [];
    for (const size of sizes) {
      const crew = workers.slice(0, size.workers);
      const job = { tasks: size.tasks, workers: crew };
      const ours = await ourJob(chain, { ...job, by: chain.chain.accounts.payer }, signal);
      const service = await ourJob(chain, { ...job, by: chain.chain.accounts.coordinator }, signal);
      const claims = await rootAndClaim(chain, { compiled, workers: crew }, signal);
      figures.push(figureOf(size, { ours, bond: service.gas - ours.gas, claims, perTask }));
      say(`${whole(size.tasks)} tasks: ${whole(ours.gas / size.tasks)} gas a task`);
    }
    return figures;
  } finally {
    await chain.close();
  }
}

interface OurGas {
  readonly gas: number;
  readonly transactions: number;
  readonly fixed: number;
  readonly perWorker: number;
}

function figureOf(
  { tasks, workers, goal }: (typeof sizes)[number],
  { ours, bond, claims, perTask }: Record<"bond" | "claims" | "perTask", number> & { readonly ours: OurGas },
): Figure {
  const others = `one transaction per task ${whole(perTask)}; a root that workers claim from ${whole(claims / tasks)}`;
  return {
    name: `gas on a chain, ${whole(tasks)} tasks`,
    ours: `${whole(ours.gas / tasks)} a task, ${whole(ours.perWorker)} a worker, ${whole(ours.fixed)} a job; ${whole(ours.gas)} in all`,
    how: `every transaction sent and mined: ${whole(workers)} workers that hold the token, ${replicas} replicas a task, ${whole(ours.transactions)} transactions of a payer's own coordinator (a service's, with its bond, takes ${whole(bond)} more a job), result roots in ${whole(rootsOf(tasks).length)} of them; others measured on the same chain`,
    values: {
      gas: ours.gas,
      gasPerTask: ours.gas / tasks,
      gasPerWorker: ours.perWorker,
      gasPerJob: ours.fixed,
      gasOfBond: bond,
      gasPerTaskByTransactions: perTask,
      gasPerTaskByClaims: claims / tasks,
    },
    beside: { goal, peer: `${others} (both measured here)` },
  };
}

/** Create, allot, anchor, pay, end and close, in the batches that a coordinator makes. */
async function ourJob(
  chain: GasChain,
  job: { readonly tasks: number; readonly workers: readonly Address[]; readonly by: Wallet },
  signal: AbortSignal,
): Promise<OurGas> {
  const { accounts, network, domain, token, queries } = chain.chain;
  const earned = (price * BigInt(job.tasks * replicas)) / BigInt(job.workers.length);
  const budget = earned * BigInt(job.workers.length);
  const coordinator = job.by.address;
  await chain.mint(
    [accounts.payer.address, coordinator].map((to) => ({ to, amount: budget })),
    signal,
  );
  const order = { ...(await chain.chain.order(`job of ${job.tasks} by ${coordinator}`, budget)), coordinator };
  const escrowId = escrowIdOf(domain, order);
  const permit = {
    owner: accounts.payer.address,
    spender: network.contracts.jobEscrow,
    value: budget,
    nonce: await queries.permitNonce(accounts.payer.address),
    deadline: order.deadline,
  };
  const contracts = contractsAt(network.contracts);
  const send = async (calls: readonly ChainCall[]): Promise<readonly number[]> =>
    await chain.gasOf(
      calls.map((call): GasCall => ({ from: coordinator, ...callData(contracts, call) })),
      signal,
    );
  const create = await send([
    {
      kind: "createEscrowFor",
      order,
      orderSignature: signOrder(accounts.payer, domain, order),
      permit: signPermit(accounts.payer, token, permit),
    },
  ]);
  const expiresAtSeconds = order.deadline;
  const allots = await send(
    chunks(job.workers).map(
      (some): ChainCall => ({
        kind: "allot",
        escrowId,
        allotments: some.map((worker) => ({ worker, total: earned, expiresAtSeconds })),
      }),
    ),
  );
  const roots = rootsOf(job.tasks);
  const commits = await send(
    roots.map(
      (count, batch): ChainCall => ({
        ...{ kind: "commit", escrowId, batch, root: keccakText(`root ${batch}`), count, last: false },
      }),
    ),
  );
  const pays = await send(
    chunks(job.workers).map(
      (some): ChainCall => ({
        kind: "payBatch",
        escrowId,
        payments: some.map((worker) => ({ worker, cumulative: earned })),
      }),
    ),
  );
  const last = await send([{ kind: "commit", escrowId, batch: roots.length, root: zeroHash, count: 0, last: true }]);
  await passSeconds(chain.chain.rpc, windowSeconds);
  const close = await send([{ kind: "close", escrowId }]);
  const fixed = sum(create) + sum(commits.slice(0, 1)) + sum(last) + sum(close);
  return {
    gas: sum([...create, ...allots, ...commits, ...pays, ...last, ...close]),
    transactions: 3 + allots.length + pays.length + commits.length,
    fixed,
    perWorker: sum([...allots, ...pays]) / job.workers.length,
  };
}

// As a coordinator anchors a job that is quick: the first run at once, then whole batches, and the rest at the end.
function rootsOf(tasks: number): readonly number[] {
  const counts = [Math.min(runTasks.value, tasks)];
  for (let left = tasks - runTasks.value; left > 0; left -= batchTasksMax.value)
    counts.push(Math.min(left, batchTasksMax.value));
  return counts;
}

interface Baseline {
  readonly compiled: ReadonlyMap<string, Compiled>;
  readonly workers: readonly Address[];
}

/** Gas of one task that is recorded and credited to its replicas, among workers that have credit already. */
async function transactionPerTask(
  chain: GasChain,
  { compiled, workers }: Baseline,
  signal: AbortSignal,
): Promise<number> {
  const contract = named(compiled, "TransactionPerTask");
  const to = await chain.deploy(contract, [], signal);
  const from = chain.chain.accounts.coordinator.address;
  const task = (round: string, i: number): GasCall => {
    const crew = Array.from({ length: replicas }, (_, r) => workers[(i * replicas + r) % workers.length]);
    const args = [keccakText(`${round} ${i}`), keccakText(`result ${i}`), crew, price];
    return { from, to, data: encoded(contract.abi, "settle", args) };
  };
  const all = (round: string): GasCall[] => Array.from({ length: sampledTasks }, (_, i) => task(round, i));
  await chain.gasOf(all("first"), signal);
  return sum(await chain.gasOf(all("later"), signal)) / sampledTasks;
}

/** Gas of one root and a claim by each worker, who holds the token already. */
async function rootAndClaim(chain: GasChain, { compiled, workers }: Baseline, signal: AbortSignal): Promise<number> {
  const { accounts, network } = chain.chain;
  const contract = named(compiled, "RootAndClaim");
  const to = await chain.deploy(contract, [network.contracts.token], signal);
  const from = accounts.coordinator.address;
  await chain.mint([{ to, amount: price * BigInt(workers.length) }], signal);
  const leaves = workers.map((worker, i) =>
    keccakHex(
      fromHex(AbiCoder.defaultAbiCoder().encode(["uint256", "address", "uint256"], [i, worker, price]) as Hash),
    ),
  );
  const tree = merkleTree(leaves);
  const claims = workers.map(
    (worker, i): GasCall => ({
      from,
      to,
      data: encoded(contract.abi, "claim", [i, worker, price, merkleProof(tree, i)]),
    }),
  );
  return sum(await chain.gasOf([{ from, to, data: encoded(contract.abi, "commit", [tree.root]) }, ...claims], signal));
}

function named(compiled: ReadonlyMap<string, Compiled>, name: string): Compiled {
  const found = compiled.get(name);
  if (found === undefined) throw new Error(`${baselines} has no contract ${name}`);
  return found;
}

function chunks(workers: readonly Address[]): readonly (readonly Address[])[] {
  const size = workersPerCallMax.value;
  return Array.from({ length: Math.ceil(workers.length / size) }, (_, i) => workers.slice(i * size, (i + 1) * size));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
