// A thousand tiny tasks, each on two workers: verified per second, with honest workers and with one that lies.
import { RpcClient } from "@starling/node-kit";
import type { BenchContext, Beside, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { GasMeter } from "../support/gas-meter.ts";
import { type BenchNetwork, withNetwork } from "../support/network.ts";
import { cpuByRole, cpuPer } from "../support/processes.ts";
import { ms, perSecond, whole } from "../support/statistics.ts";

const workers = 5;
const warmTasks = 500;
const tasks = 1_000;
const rounds = 3;

/** The same jobs on two networks. */
export async function measure(context: BenchContext): Promise<readonly Figure[]> {
  const honest = await runs(context, 0);
  const withLiar = await runs(context, 1);
  const share = Math.round((100 * withLiar.rate) / honest.rate);
  const figures = [
    figure("verified tasks", honest, { words: "all honest", beside: goals.throughput }),
    figure("verified tasks, 1 of 5 lies", withLiar, {
      words: `${share} % of the speed without a liar`,
      beside: goals.throughputWithLiar,
    }),
  ];
  const gas: Figure = {
    name: "gas, 1,000 tasks on a devnet",
    ours: `${whole(honest.gas / tasks)} gas a task`,
    how: `everything that the coordinator sent for one such job, in ${whole(honest.transactions)} transactions: allotments, roots and pay of ${workers} workers; the escrow stays open`,
    values: { gasPerTask: honest.gas / tasks, transactions: honest.transactions },
  };
  return [...figures, gas];
}

interface Runs {
  readonly rate: number;
  readonly bestRate: number;
  readonly wrong: number;
  readonly accepted: number;
  readonly gas: number;
  readonly transactions: number;
  readonly cpu: ReturnType<typeof cpuPer>;
}

function figure(
  name: string,
  runs: Runs,
  { words, beside }: { readonly words: string; readonly beside: Beside },
): Figure {
  const { rate, bestRate, wrong, accepted, cpu } = runs;
  return {
    name,
    ours: `${whole(rate)}/s, ${wrong} wrong accepted`,
    how: `${rounds} jobs of ${whole(tasks)} no-op tasks, quorum, ${workers} workers of one slot, funded escrow; from the SDK's call to the last verdict, median (best ${whole(bestRate)}/s); ${words}; ${cpu.text} a task`,
    values: {
      verifiedPerSecond: rate,
      verifiedPerSecondBest: bestRate,
      wrongAccepted: wrong,
      accepted,
      cpuMsCoordinator: cpu.coordinator,
      cpuMsWorkers: cpu.workers,
    },
    beside,
  };
}

async function runs(context: BenchContext, liars: number): Promise<Runs> {
  return await withNetwork(context, { workers, liars }, async (network) => {
    const { devnet, noopJob, run } = network;
    // Brings as much money into escrow as the measured jobs need, and warms everything up.
    await run(await noopJob(rounds * tasks));
    await run(await noopJob(warmTasks));
    const rpc = new RpcClient(devnet.ground.anvil.httpUrl);
    try {
      const meter = await GasMeter.start(rpc, devnet.ground.accounts.coordinator.address);
      const before = cpuByRole(devnet);
      const rates: number[] = [];
      const jobs: string[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const { jobId, verifiedMs } = await run(await noopJob(tasks));
        jobs.push(jobId);
        rates.push(perSecond(tasks, verifiedMs));
        context.say(`${whole(tasks)} tasks verified after ${ms(verifiedMs)}`);
      }
      const cpu = cpuPer(before, cpuByRole(devnet), rounds * tasks);
      const spent = await meter.spent(context.signal);
      const checked = await checkAll(network, jobs);
      const sorted = rates.toSorted((a, b) => a - b);
      return {
        rate: sorted[Math.floor(sorted.length / 2)] ?? 0,
        bestRate: sorted.at(-1) ?? 0,
        ...checked,
        gas: spent.gas / rounds,
        transactions: spent.transactions / rounds,
        cpu,
      };
    } finally {
      rpc.close();
    }
  });
}

async function checkAll({ check }: BenchNetwork, jobs: readonly string[]) {
  let [accepted, wrong] = [0, 0];
  for (const jobId of jobs) {
    const found = await check(jobId);
    accepted += found.accepted;
    wrong += found.wrong;
  }
  return { accepted, wrong };
}
