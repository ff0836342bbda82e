// From the submission of one tiny task to its verified result, with money and workers in place.
import { RpcClient } from "@starling/node-kit";
import type { PreparedJob } from "@starling/sdk";
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { GasMeter } from "../support/gas-meter.ts";
import { type BenchNetwork, withNetwork } from "../support/network.ts";
import { cpuByRole, cpuPer } from "../support/processes.ts";
import { latency } from "../support/statistics.ts";

const workers = 5;
const warmRounds = 15;
const rounds = 100;
/** The first job: what it leaves in escrow is for all later ones. */
const first = { tasks: 300, dollars: 200 };

/** Submits one job after the other, each of one task on two workers. */
export async function measure(context: BenchContext): Promise<readonly Figure[]> {
  return await withNetwork(context, { workers }, async (network) => {
    const { devnet, noopJob, run } = network;
    // Funds the escrow and brings every worker its allotment.
    await run(await noopJob(first.tasks, first.dollars));
    const prepared = await noopJob(1);
    for (let round = 0; round < warmRounds; round += 1) await run(prepared);
    const rpc = new RpcClient(devnet.ground.anvil.httpUrl);
    try {
      const meter = await GasMeter.start(rpc, devnet.ground.accounts.coordinator.address);
      const measured = await jobs(network, prepared);
      return [figure(measured, await meter.spent(context.signal))];
    } finally {
      rpc.close();
    }
  });
}

async function jobs({ devnet, run }: BenchNetwork, prepared: PreparedJob) {
  const before = cpuByRole(devnet);
  const submitted: number[] = [];
  const verified: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { submittedMs, verifiedMs } = await run(prepared);
    submitted.push(submittedMs);
    verified.push(verifiedMs);
  }
  return { verified: latency(verified), answer: latency(submitted), cpu: cpuPer(before, cpuByRole(devnet), rounds) };
}

function figure(
  { verified, answer, cpu }: Awaited<ReturnType<typeof jobs>>,
  spent: { readonly gas: number; readonly transactions: number },
): Figure {
  const transactions = spent.transactions / rounds;
  return {
    name: "submit to verified result",
    ours: verified.text,
    how: `${rounds} jobs of one no-op task, one after the other, quorum, ${workers} workers, funded escrow; from the SDK's call to the verdict at the client (p50 / p99); the submission itself is answered after ${answer.text}; ${cpu.text} and ${transactions.toFixed(1)} transactions a job`,
    values: {
      verifiedMsP50: verified.p50Ms,
      verifiedMsP99: verified.p99Ms,
      submittedMsP50: answer.p50Ms,
      submittedMsP99: answer.p99Ms,
      cpuMsCoordinator: cpu.coordinator,
      cpuMsWorkers: cpu.workers,
      cpuMsClient: cpu.client,
      cpuMsChain: cpu.chain,
      transactionsPerJob: transactions,
    },
    beside: goals.submitToVerified,
  };
}
