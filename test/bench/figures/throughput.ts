// A thousand tiny tasks, each on two workers: verified per second, with honest workers and with one that lies.
import { RpcClient } from "@starling/node-kit";
import type { PreparedJob } from "@starling/sdk";
import type { BenchContext, Beside, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { GasMeter } from "../support/gas-meter.ts";
import { type BenchNetwork, withNetwork } from "../support/network.ts";
import { cpuByRole, cpuPer } from "../support/processes.ts";
import { ms, percentile, perSecond, whole } from "../support/statistics.ts";

const workers = 5;
const warmTasks = 1_000;
/** What the first job leaves in escrow for all later ones. */
const dollars = 300;
const tasks = 1_000;
const rounds = 3;
/** A liar that was caught is suspended, so that each network sees it lie in one job only. */
const liarNetworks = 1;

/** Honest workers first; then with a liar that appears when everything is warm. */
export async function measure(context: BenchContext): Promise<readonly Figure[]> {
  const { honest, own, gas } = await withHonest(context);
  const lied: Run[] = [];
  for (let network = 0; network < liarNetworks; network += 1) lied.push(await withLiar(context));
  const share = Math.round((100 * middle(lied)) / middle(honest));
  const caught = lied.map(({ mismatches }) => mismatches).join(" and ");
  return [
    figure("verified tasks", honest, { how: `median of ${rounds} jobs of no-op tasks`, beside: goals.throughput }),
    figure("verified tasks, own outputs", own, {
      how: `as above, but every task writes an output of its own, which the coordinator syncs to disk`,
      beside: goals.throughput,
    }),
    figure("verified tasks, 1 of 5 lies", lied, {
      how: `${share} % of the speed without a liar, which comes when all is warm; ${caught} mismatches`,
      beside: goals.throughputWithLiar,
    }),
    {
      name: "gas, 1,000 tasks on a devnet",
      ours: `${whole(gas.gas / tasks)} gas a task`,
      how: `everything that the coordinator sent for one such job, in ${whole(gas.transactions)} transactions: allotments, roots and pay of ${workers} workers; the escrow stays open`,
      values: { gasPerTask: gas.gas / tasks, transactions: gas.transactions },
    },
  ];
}

/** One job of a thousand tasks. */
interface Run {
  readonly rate: number;
  readonly mismatches: number;
  readonly accepted: number;
  readonly wrong: number;
  readonly cpu: ReturnType<typeof cpuPer>;
}

function middle(runs: readonly Run[]): number {
  return percentile(
    runs.map(({ rate }) => rate),
    50,
  );
}

function figure(name: string, runs: readonly Run[], words: { readonly how: string; readonly beside: Beside }): Figure {
  const wrong = runs.reduce((sum, run) => sum + run.wrong, 0);
  const accepted = runs.reduce((sum, run) => sum + run.accepted, 0);
  const rate = middle(runs);
  const cpu = runs.find((run) => run.rate === rate)?.cpu;
  return {
    name,
    ours: `${whole(rate)}/s, ${wrong} wrong accepted`,
    how: `${words.how}; ${whole(tasks)} tasks, quorum, ${workers} workers of one slot, funded escrow, from the SDK's call to the last verdict; ${cpu?.text ?? ""} a task`,
    values: {
      verifiedPerSecond: rate,
      wrongAccepted: wrong,
      accepted,
      cpuMsCoordinator: cpu?.coordinator ?? 0,
      cpuMsWorkers: cpu?.workers ?? 0,
    },
    beside: words.beside,
  };
}

async function withHonest(context: BenchContext) {
  return await withNetwork(context, { workers }, async (network) => {
    const { devnet, noopJob, echoJob } = network;
    await warmUp(network);
    const rpc = new RpcClient(devnet.ground.anvil.httpUrl);
    try {
      const meter = await GasMeter.start(rpc, devnet.ground.accounts.coordinator.address);
      const honest = await runs(network, { prepared: await noopJob(tasks), context });
      const spent = await meter.spent(context.signal);
      const own = await runs(network, { prepared: await echoJob(tasks), context });
      return { honest, own, gas: { gas: spent.gas / rounds, transactions: spent.transactions / rounds } };
    } finally {
      rpc.close();
    }
  });
}

async function withLiar(context: BenchContext): Promise<Run> {
  return await withNetwork(context, { workers, parts: [{ behaviour: "liar", count: 1 }] }, async (network) => {
    const { devnet, noopJob } = network;
    const liar = devnet.ground.members.find(({ name }) => devnet.daemon(name).spec.command.includes("liar"));
    if (liar === undefined) throw new Error("nobody lies in this network");
    await devnet.daemon(liar.name).stop();
    await warmUp(network);
    devnet.restart(liar.name);
    await devnet.admitted({ signal: context.signal, names: [liar.name] });
    return await oneRun(network, { prepared: await noopJob(tasks), context });
  });
}

/** Brings as much money into escrow as the measured jobs need, and warms everything up. */
async function warmUp({ noopJob, run }: BenchNetwork): Promise<void> {
  await run(await noopJob(warmTasks, dollars));
}

interface Job {
  readonly prepared: PreparedJob;
  readonly context: BenchContext;
}

async function runs(network: BenchNetwork, job: Job): Promise<readonly Run[]> {
  const all: Run[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await oneRun(network, job));
  return all;
}

async function oneRun({ devnet, run, check }: BenchNetwork, { prepared, context }: Job): Promise<Run> {
  const before = cpuByRole(devnet);
  const { jobId, verifiedMs, mismatches } = await run(prepared);
  const cpu = cpuPer(before, cpuByRole(devnet), tasks);
  context.say(`${prepared.document.name}: verified after ${ms(verifiedMs)}, ${mismatches} mismatches`);
  return { rate: perSecond(tasks, verifiedMs), mismatches, cpu, ...(await check(jobId)) };
}
