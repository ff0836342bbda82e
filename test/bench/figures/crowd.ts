// A hundred small tasks at once: what running them costs the daemon that starts them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import {
  createProcessExecutor,
  createWasmExecutor,
  type Executor,
  type TaskRun,
} from "@starling/worker-node/executors";
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { withContainers } from "../support/containers.ts";
import { ms, perSecond, whole } from "../support/statistics.ts";
import { complete, smallTask, withExecutor } from "../support/warm.ts";

const slots = 100;
/** Every slot takes so many tasks, one after the other. */
const roundsOfAll = 10;
/** Containers take so much longer that fewer do. */
const roundsOfContainers = 2;
const nanosecondsInMs = 1e6;
const script = new TextEncoder().encode("#!/bin/sh\necho done > /out/done\n");

/** Runs crowds of WebAssembly, of processes and of containers. */
export async function measure(context: BenchContext): Promise<readonly Figure[]> {
  const { signal, folder, say } = context;
  const program = readFileSync(join(import.meta.dirname, "../../../examples/noop/noop.wasm"));
  const watch = { rounds: roundsOfAll, signal, say };
  const wasm = await withExecutor(createWasmExecutor({ slots }), (one) => crowd(one, smallTask(program), watch));
  const processes = createProcessExecutor({ slots, area: join(folder, "area") });
  const processed = await withExecutor(processes, async (one) => {
    const probed = await one.probe({ signal });
    if (probed.works) return await crowd(one, smallTask(script), watch);
    say(`processes are not measured here: ${probed.reason}`);
    return null;
  });
  const contained = await withContainers(context, { slots, script }, (one, task) =>
    crowd(one, task, { ...watch, rounds: roundsOfContainers }),
  );
  const figures = [figureOf("wasm", wasm)];
  if (processed !== null) figures.push(figureOf("process", processed));
  if (contained !== null) figures.push(figureOf("oci (runc)", contained));
  return figures;
}

interface Crowd {
  readonly tasks: number;
  readonly delayMsP50: number;
  readonly delayMsP99: number;
  readonly delayMsMax: number;
  readonly tasksPerSecond: number;
}

/** Keeps every slot busy and watches how late timers of this thread fire meanwhile. */
async function crowd(
  executor: Executor,
  task: TaskRun,
  { rounds, signal, say }: Pick<BenchContext, "signal" | "say"> & { readonly rounds: number },
): Promise<Crowd> {
  await atOnce(executor, task, { rounds: 1, signal });
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const startedAt = performance.now();
  await atOnce(executor, task, { rounds, signal });
  const elapsedMs = performance.now() - startedAt;
  delays.disable();
  const tasksPerSecond = perSecond(slots * rounds, elapsedMs);
  say(`${executor.class}: ${whole(tasksPerSecond)} tasks/s, ${slots} at once`);
  return {
    tasks: slots * rounds,
    delayMsP50: delays.percentile(50) / nanosecondsInMs,
    delayMsP99: delays.percentile(99) / nanosecondsInMs,
    delayMsMax: delays.max / nanosecondsInMs,
    tasksPerSecond,
  };
}

async function atOnce(
  executor: Executor,
  task: TaskRun,
  { rounds, signal }: { readonly rounds: number; readonly signal: AbortSignal },
): Promise<void> {
  const slot = async (): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) await complete(executor, task, signal);
  };
  await Promise.all(Array.from({ length: slots }, slot));
}

function figureOf(name: string, { tasks, delayMsP50, delayMsP99, delayMsMax, tasksPerSecond }: Crowd): Figure {
  return {
    name: `event loop, ${slots} tasks at once, ${name}`,
    ours: `${ms(delayMsP50)} / ${ms(delayMsP99)} late, ${ms(delayMsMax)} at most; ${whole(tasksPerSecond)} tasks/s`,
    how: `${whole(tasks)} small tasks in ${slots} slots; how late a timer of each millisecond fires in the process that runs them (p50 / p99)`,
    values: { delayMsP50, delayMsP99, delayMsMax, tasksPerSecond },
    beside: goals.eventLoop,
  };
}
