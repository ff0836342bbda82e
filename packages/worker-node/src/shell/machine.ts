// This machine: what it has, which runtime classes work on it, and the executors that run them.
import type { Logger } from "@starling/node-kit";
import type { ClassOffer, RuntimeClass, WorkerResources } from "@starling/protocol";
import type { WorkerSettings } from "../config.ts";
import type { Behaviour } from "./behaviours/behaviour.ts";
import { dataPaths } from "./data-directory.ts";
import { closeExecutors, dockerChoice, probeExecutors, workingExecutors } from "./executor-table.ts";
import type { Executor } from "./executors/executor.ts";
import { lentResources, type OwnersWord } from "./owner/rules.ts";
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
  const [probed, resources] = await Promise.all([
    probeExecutors({ slots, allowProcess, processArea, roots, docker: dockerChoice(settings), imageArea }, signal),
    probeMachine({ dataDir, nvidiaSmi, rocmSmi, signal }),
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
    resources: lentResources(word, resources),
    close,
  };
}
