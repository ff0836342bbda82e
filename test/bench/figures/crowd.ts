// A hundred small tasks at once, and one after the other: what running them costs the daemon that starts them.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { promisify } from "node:util";
import {
  createProcessExecutor,
  createWasmExecutor,
  type Executor,
  type TaskRun,
} from "@starling/worker-node/executors";
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { latency, ms, percentile, perSecond, whole } from "../support/statistics.ts";

const slots = 100;
/** Every slot takes so many tasks, one after the other. */
const roundsOfAll = 10;
const oneByOne = 60;
const nanosecondsInMs = 1e6;
const mebibyte = 2 ** 20;
const script = "#!/bin/sh\necho done > /out/done\n";

/** Runs crowds of WebAssembly and of processes, and processes one by one beside the bare program. */
export async function measure({ signal, folder, say }: BenchContext): Promise<readonly Figure[]> {
  const program = readFileSync(join(import.meta.dirname, "../../../examples/noop/noop.wasm"));
  const wasm = await withExecutor(createWasmExecutor({ slots }), (one) => crowd(one, taskOf(program), { signal, say }));
  const processes = createProcessExecutor({ slots, area: join(folder, "area") });
  return await withExecutor(processes, async (one) => {
    const probed = await one.probe({ signal });
    if (!probed.works) {
      say(`processes are not measured here: ${probed.reason}`);
      return [figureOf("wasm", wasm)];
    }
    const task = taskOf(new TextEncoder().encode(script));
    const alone = await warmLatency(one, task, signal);
    return [figureOf("wasm", wasm), figureOf("process", await crowd(one, task, { signal, say })), alone];
  });
}

async function withExecutor<T>(executor: Executor, use: (executor: Executor) => Promise<T>): Promise<T> {
  try {
    return await use(executor);
  } finally {
    await executor.close();
  }
}

interface Crowd {
  readonly delayMsP50: number;
  readonly delayMsP99: number;
  readonly delayMsMax: number;
  readonly tasksPerSecond: number;
}

/** Keeps every slot busy and watches how late timers of this thread fire meanwhile. */
async function crowd(
  executor: Executor,
  task: TaskRun,
  { signal, say }: Pick<BenchContext, "signal" | "say">,
): Promise<Crowd> {
  await atOnce(executor, task, { rounds: 1, signal });
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const startedAt = performance.now();
  await atOnce(executor, task, { rounds: roundsOfAll, signal });
  const elapsedMs = performance.now() - startedAt;
  delays.disable();
  const tasksPerSecond = perSecond(slots * roundsOfAll, elapsedMs);
  say(`${executor.class}: ${whole(tasksPerSecond)} tasks/s, ${slots} at once`);
  return {
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

async function complete(executor: Executor, task: TaskRun, signal: AbortSignal): Promise<void> {
  const outcome = await executor.run(task, { signal });
  if (outcome.kind !== "completed") throw new Error(`the task ${outcome.kind}: ${outcome.message}`);
}

function figureOf(name: string, { delayMsP50, delayMsP99, delayMsMax, tasksPerSecond }: Crowd): Figure {
  return {
    name: `event loop, ${slots} tasks at once, ${name}`,
    ours: `${ms(delayMsP50)} / ${ms(delayMsP99)} late, ${ms(delayMsMax)} at most; ${whole(tasksPerSecond)} tasks/s`,
    how: `${whole(slots * roundsOfAll)} small tasks in ${slots} slots; how late a timer of each millisecond fires in the process that runs them (p50 / p99)`,
    values: { delayMsP50, delayMsP99, delayMsMax, tasksPerSecond },
    beside: goals.eventLoop,
  };
}

/** In turns: the same script started bare by this process, and in the sandbox. */
async function warmLatency(executor: Executor, task: TaskRun, signal: AbortSignal): Promise<Figure> {
  const start = promisify(execFile);
  const [bare, sandboxed]: [number[], number[]] = [[], []];
  await complete(executor, task, signal);
  for (let round = 0; round < oneByOne; round += 1) {
    const startedAt = performance.now();
    await start("/bin/sh", ["-c", "echo done > /dev/null"], { signal, env: {} });
    const between = performance.now();
    await complete(executor, task, signal);
    bare.push(between - startedAt);
    sandboxed.push(performance.now() - between);
  }
  const { p50Ms, p99Ms, text } = latency(sandboxed);
  const bareMsP50 = percentile(bare, 50);
  return {
    name: "sandbox, process, warm",
    ours: `${ms(p50Ms - bareMsP50)} added; ${text} in all`,
    how: `${oneByOne} runs of a script with a file output, in turns with a script that the machine's shell runs bare in ${ms(bareMsP50)} (p50 / p99)`,
    values: { bareMsP50, sandboxMsP50: p50Ms, sandboxMsP99: p99Ms, addedMsP50: p50Ms - bareMsP50 },
    beside: goals.processSandbox,
  };
}

function taskOf(program: Uint8Array): TaskRun {
  return {
    leaseId: "crowd",
    payer: "",
    program,
    programDigest: "crowd",
    args: [],
    env: {},
    inputs: [],
    outputs: [{ name: "done", path: "done" }],
    limits: { timeoutMs: 60_000, memoryBytes: 64 * mebibyte, outputBytes: 65_536, outputFiles: 4, logBytes: 1_024 },
  };
}
