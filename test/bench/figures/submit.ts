// From the submission of one tiny task to its verified result, with money and workers in place.
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { withNetwork } from "../support/network.ts";
import { cpuByRole, cpuPer } from "../support/processes.ts";
import { latency } from "../support/statistics.ts";

const workers = 5;
const warmRounds = 15;
const rounds = 100;
/** Tasks of the first job: its budget stays in escrow for all later ones. */
const fundTasks = 2_000;

/** Submits one job after the other, each of one task on two workers. */
export async function measure(context: BenchContext): Promise<readonly Figure[]> {
  return await withNetwork(context, { workers }, async ({ devnet, noopJob, run }) => {
    // Funds the escrow and brings every worker its allotment.
    await run(await noopJob(fundTasks));
    const prepared = await noopJob(1);
    for (let round = 0; round < warmRounds; round += 1) await run(prepared);
    const before = cpuByRole(devnet);
    const submitted: number[] = [];
    const verified: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { submittedMs, verifiedMs } = await run(prepared);
      submitted.push(submittedMs);
      verified.push(verifiedMs);
    }
    const cpu = cpuPer(before, cpuByRole(devnet), rounds);
    const whole = latency(verified);
    const answer = latency(submitted);
    return [
      {
        name: "submit to verified result",
        ours: whole.text,
        how: `${rounds} jobs of one no-op task, one after the other, quorum, ${workers} workers, funded escrow; from the SDK's call to the verdict at the client (p50 / p99); the submission itself is answered after ${answer.text}; ${cpu.text} a job`,
        values: {
          verifiedMsP50: whole.p50Ms,
          verifiedMsP99: whole.p99Ms,
          submittedMsP50: answer.p50Ms,
          submittedMsP99: answer.p99Ms,
          cpuMsCoordinator: cpu.coordinator,
          cpuMsWorkers: cpu.workers,
          cpuMsClient: cpu.client,
          cpuMsChain: cpu.chain,
        },
        beside: goals.submitToVerified,
      },
    ];
  });
}
