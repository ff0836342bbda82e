// The executors that work on this machine: a class that fails its own probe is never advertised.
import { errorFields, type Logger } from "@starling/node-kit";
import { type ClassOffer, isHash, type RuntimeClass } from "@starling/protocol";
import type { WorkerSettings } from "../config.ts";
import type { Executor, ProbeResult } from "./executors/executor.ts";
import {
  type ContainerGpus,
  createOciExecutors,
  createProcessExecutor,
  createWasmExecutor,
  type DockerChoice,
  sweepArea,
  sweepOciArea,
} from "./executors/index.ts";
import { hostsWord } from "./owner/hosts.ts";

/** The classes that this program has executors for. */
export const knownClasses: readonly RuntimeClass[] = ["wasm", "cpu", "cpu-root", "cpu-image", "gpu", "gpu-tolerant"];

/** What was probed of one executor. */
export interface ProbedExecutor {
  readonly name: RuntimeClass;
  readonly executor: Executor;
  readonly result: ProbeResult;
}

/** What the owner lets strangers run, and where. */
export interface ExecutorChoice {
  readonly slots: number;
  /** Whether programs may run as processes; never without the owner's word. */
  readonly allowProcess: boolean;
  /** Folder for what processes are given. No other executor may use it at the same time. */
  readonly processArea: string;
  /** Where tasks may bring root file systems for processes, and whether they may; left out for neither. */
  readonly roots?: RootChoice;
  /** Whether images may run in containers, and with which Docker; null without the owner's word. */
  readonly docker: DockerChoice | null;
  /** The same for containers. */
  readonly imageArea: string;
  /** What containers may be given; left out or null for none. */
  readonly gpus?: ContainerGpus | null;
}

/** What the owner says of root file systems that tasks bring. */
export interface RootChoice {
  readonly isAllowed: boolean;
  /** Folder for what their processes are given. */
  readonly area: string;
  /** Folder of the unpacked ones. */
  readonly folder: string;
  readonly bytesMax: number;
}

/** The Docker that an owner lets images run on, or null. */
export function dockerChoice(
  settings: Pick<WorkerSettings, "allowImages" | "dockerSocket" | "dockerRuntime"> &
    Partial<Pick<WorkerSettings, "allowHosts" | "hostBytes">>,
): DockerChoice | null {
  const { allowImages, dockerSocket, dockerRuntime } = settings;
  const { hosts } = hostsWord(settings);
  const { hostBytes: bytesMax = 0 } = settings;
  return allowImages ? { socketPath: dockerSocket, runtime: dockerRuntime, hosts: { hosts, bytesMax } } : null;
}

/** Starts every executor that the owner allows and probes it. Close all of them when done. */
export async function probeExecutors(choice: ExecutorChoice, signal: AbortSignal): Promise<readonly ProbedExecutor[]> {
  const { slots, allowProcess, processArea, roots, docker, imageArea, gpus = null } = choice;
  // The owner may have changed his mind while something ran.
  if (!allowProcess) sweepArea(processArea);
  if (roots?.isAllowed === false) for (const folder of [roots.area, roots.folder]) sweepArea(folder);
  if (docker === null) await sweepOciArea(imageArea);
  const allowed: Promise<ProbedExecutor>[] = [probed("wasm", createWasmExecutor({ slots }), signal)];
  if (allowProcess) allowed.push(probed("cpu", createProcessExecutor({ slots, area: processArea }), signal));
  if (roots?.isAllowed === true)
    allowed.push(probed("cpu-root", createProcessExecutor({ slots, area: roots.area, roots }), signal));
  if (docker !== null) {
    const { images, gpu } = createOciExecutors({ ...docker, slots, area: imageArea }, gpus);
    allowed.push(probed("cpu-image", images, signal));
    if (gpu !== null) allowed.push(probed("gpu", gpu, signal), probed("gpu-tolerant", gpu, signal));
  }
  return await Promise.all(allowed);
}

async function probed(name: RuntimeClass, executor: Executor, signal: AbortSignal): Promise<ProbedExecutor> {
  const result = await executor
    .probe({ signal })
    .catch((error: unknown): ProbeResult => ({ works: false, reason: String(error) }));
  return { name, executor, result };
}

/** Those that work, by class, and what is advertised of them. */
export function workingExecutors(
  all: readonly ProbedExecutor[],
  logger: Logger,
): { readonly executors: Map<RuntimeClass, Executor>; readonly offers: readonly ClassOffer[] } {
  const executors = new Map<RuntimeClass, Executor>();
  const offers: ClassOffer[] = [];
  for (const { name, executor, result } of all) {
    const problem = problemOf(result);
    if (problem !== null) logger.warn("runtime class does not work here", { class: name, reason: problem });
    else if (result.works && isHash(result.calibration)) {
      const { calibration, engine, isolation } = result;
      executors.set(name, executor);
      offers.push({ name, engine, calibration });
      logger.info("runtime class works", { class: name, engine, isolation, probeMs: Math.round(result.wallMs) });
    }
  }
  return { executors, offers };
}

/** Why a probed executor is not advertised, or null. */
export function problemOf(result: ProbeResult): string | null {
  if (!result.works) return result.reason;
  return isHash(result.calibration) ? null : "its calibration is not a digest";
}

/** Kills all sandboxes. */
export async function closeExecutors(all: readonly ProbedExecutor[], logger: Logger): Promise<void> {
  for (const { name, executor } of all) {
    await executor.close().catch((error: unknown) => {
      logger.warn("executor did not close", { class: name, ...errorFields(error) });
    });
  }
}
