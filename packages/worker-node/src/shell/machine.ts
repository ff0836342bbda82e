// This machine: what it has, which runtime classes work on it, and the executors that run them.
import type { Logger } from "@starling/node-kit";
import type { ClassOffer, RuntimeClass, WorkerResources } from "@starling/protocol";
import type { WorkerSettings } from "../config.ts";
import type { Behaviour } from "./behaviours/behaviour.ts";
import { dataPaths } from "./data-directory.ts";
import { closeExecutors, dockerChoice, probeExecutors, workingExecutors } from "./executor-table.ts";
import type { Executor } from "./executors/executor.ts";
import { ContainerGpus } from "./executors/index.ts";
import { largestGroup } from "./gpu/gpu-class.ts";
import { askUse } from "./gpu/usage.ts";
import { lentResources, type OwnersWord } from "./owner/rules.ts";
import { type FoundGpus, probeGpus } from "./probe/gpus.ts";
import { probeMachine } from "./probe/machine.ts";

/** A probed machine. */
export interface Machine {
  readonly executors: ReadonlyMap<RuntimeClass, Executor>;
  readonly classes: readonly RuntimeClass[];
  readonly offers: readonly ClassOffer[];
  readonly resources: WorkerResources;
  /** Kills all sandboxes. */
  close(): Promise<void>;
}

/** What a machine is opened with. */
export interface MachineParts {
  readonly settings: WorkerSettings;
  /** What of it is lent. */
  readonly word: OwnersWord;
  readonly behaviour: Behaviour;
  readonly logger: Logger;
}

/** Probes hardware and executors; throws when no class works, since there would be nothing to offer. */
export async function openMachine(
  { settings, word, behaviour, logger }: MachineParts,
  signal: AbortSignal,
): Promise<Machine> {
  const { dataDir, nvidiaSmi, rocmSmi, slots, allowProcess, allowRootfs, rootfsBytes } = settings;
  const { process: processArea, images: imageArea, rooted, roots: folder } = dataPaths(dataDir);
  const roots = { isAllowed: allowRootfs, area: rooted, folder, bytesMax: rootfsBytes };
  const found = await probeGpus({ nvidiaSmi, rocmSmi, signal });
  const gpus = containerGpus(found, settings);
  const [probed, resources] = await Promise.all([
    probeExecutors(
      { slots, allowProcess, processArea, roots, docker: dockerChoice(settings), imageArea, gpus },
      signal,
    ),
    probeMachine(dataDir, found.accelerators),
  ]);
  const { executors, offers: working } = workingExecutors(probed, logger);
  const offers = working.filter(({ name }) => word.classes?.has(name) ?? true);
  const close = (): Promise<void> => closeExecutors(probed, logger);
  if (offers.length === 0) {
    await close();
    throw new Error(
      working.length === 0
        ? "no runtime class works on this machine; starling worker doctor says why"
        : `none of the classes that --classes allows works here; these do: ${[...executors.keys()].join(", ")}`,
    );
  }
  for (const [name, executor] of executors) executors.set(name, behaviour.executor(executor));
  return {
    executors,
    classes: offers.map(({ name }) => name),
    offers,
    resources: lentResources(word, withGpus(resources, executors.has("gpu") ? gpus : null)),
    close,
  };
}

/** The GPUs that containers may be given: those of the largest group. */
export function containerGpus(
  { accelerators, places }: Pick<FoundGpus, "accelerators" | "places">,
  tools: Pick<WorkerSettings, "nvidiaSmi" | "rocmSmi">,
): ContainerGpus | null {
  const group = largestGroup(accelerators);
  const [first] = group;
  if (first === undefined) return null;
  const local = group.map((gpu) => ({ gpu, place: places.get(gpu.uuid) ?? "" }));
  return new ContainerGpus(local, { ask: askUse(first.vendor, tools) });
}

// Where containers are given GPUs, no others are lent: a task could not use them.
function withGpus(resources: WorkerResources, gpus: ContainerGpus | null): WorkerResources {
  return gpus === null ? resources : { ...resources, accelerators: gpus.usable().map(({ gpu }) => gpu) };
}
