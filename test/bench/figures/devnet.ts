// A whole network on this machine: how long until it is ready, what memory it takes, and how fast a single worker joins.
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { type BenchNetwork, withNetwork } from "../support/network.ts";
import { useOf } from "../support/processes.ts";
import { latency, perSecond, seconds } from "../support/statistics.ts";
import { watchAdmission } from "../support/watch-admission.ts";

const sizes = [5, 10];
const restarts = 7;
const mebi = 2 ** 20;

/** Starts networks of two sizes; restarts a worker of the smaller one. */
export async function measure(context: BenchContext): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  // The first start builds the daemons' bundles and fills the caches of the disk.
  await withNetwork(context, { workers: 1 }, async () => undefined);
  for (const workers of sizes) {
    const found = await withNetwork(context, { workers }, async (network) => [
      startFigure(network, workers),
      ...(workers === sizes[0] ? [await workerFigure(network, context)] : []),
    ]);
    figures.push(...found);
  }
  return figures;
}

function startFigure({ devnet }: BenchNetwork, workers: number): Figure {
  const { rssBytes, pssBytes, processes } = useOf(devnet.pids);
  return {
    name: `devnet of ${workers} workers`,
    ours: `${seconds(devnet.startMs)}, ${Math.round(rssBytes / mebi)} MiB (${Math.round(pssBytes / mebi)} MiB shared pages once)`,
    how: `chain, contracts, registrations, coordinator, ${workers} workers and a referee, until all are admitted; resident memory of its ${processes} processes`,
    values: { startMs: devnet.startMs, rssBytes, pssBytes, processes },
    beside: goals.devnetStart,
  };
}

async function workerFigure({ devnet, client }: BenchNetwork, { signal, say }: BenchContext): Promise<Figure> {
  const member = devnet.ground.members[0];
  if (member === undefined) throw new Error("the devnet has no worker");
  const samples: number[] = [];
  for (let round = 0; round < restarts; round += 1) {
    await devnet.daemon(member.name).stop();
    await watchAdmission(client, member.worker.address, { wanted: false, signal });
    const startedAt = performance.now();
    devnet.restart(member.name);
    await watchAdmission(client, member.worker.address, { wanted: true, signal });
    samples.push(performance.now() - startedAt);
    say(`worker schedulable after ${Math.round(samples.at(-1) ?? 0)} ms`);
  }
  const { p50Ms, p99Ms } = latency(samples);
  return {
    name: "worker start to schedulable",
    ours: `${seconds(p50Ms)} (slowest ${seconds(p99Ms)})`,
    how: `from the start of the process to the coordinator's "admitted, connected"; median of ${restarts}, ${perSecond(1, p50Ms).toFixed(1)} a second one after the other`,
    values: { startMsP50: p50Ms, startMsMax: p99Ms },
    beside: goals.workerStart,
  };
}
