// What goes on beside the work for as long as a worker runs: its GPUs, its speed, its health, its clock, and its owner's word.
import type { Logger, Network, Service } from "@starling/node-kit";
import type { Measurements } from "@starling/protocol";
import type { WorkerSettings } from "../config.ts";
import { wellDevices } from "../core/index.ts";
import { examineRunning } from "./doctor/doctor.ts";
import { drain } from "./drain.ts";
import type { WorkerEngine } from "./engine.ts";
import { GpuLookout } from "./gpu/lookout.ts";
import { HealthWatch } from "./health.ts";
import type { Machine } from "./machine.ts";
import { measureMachine } from "./measure/measure-machine.ts";
import { Measuring } from "./measure/measuring.ts";
import type { SpareWork } from "./measure/spare-work.ts";
import type { OwnRecord } from "./own-record.ts";
import { ownersAnswers } from "./owner/answer.ts";
import { serveControl } from "./owner/control.ts";
import { tellLocalTime } from "./owner/local-time.ts";
import type { OwnersWord } from "./owner/rules.ts";
import { probeGpus } from "./probe/gpus.ts";

/** Parts of a worker that works. */
export interface Watched {
  readonly engine: WorkerEngine;
  readonly record: OwnRecord;
  readonly machine: Machine;
  readonly network: Network;
  readonly settings: WorkerSettings;
  readonly word: OwnersWord;
  /** What the machine does while nobody wants it. */
  readonly spare: SpareWork;
  /** Where its owner's socket is. */
  readonly folder: string;
  readonly logger: Logger;
  /** Stops the daemon in order. */
  readonly end: () => void;
}

/** Something that is started, and what stops it. */
type Begin = (watched: Watched) => (() => Promise<void> | void) | Promise<() => Promise<void> | void>;

/** The services, in their order; the parts are asked for when they start, after everything that work needs. */
export function watches(watched: () => Watched): readonly Service[] {
  const begins: Readonly<Record<string, Begin>> = {
    clock: ({ engine, word }) => tellLocalTime(engine, word),
    gpus: watchGpus,
    measuring: measureNowAndThen,
    health: watchHealth,
    control: takeOwnersWord,
  };
  return Object.entries(begins).map(([name, begin]) => {
    let stop: (() => Promise<void> | void) | undefined;
    return {
      name,
      start: async () => {
        stop = await begin(watched());
      },
      stop: async () => await stop?.(),
    };
  });
}

function watchGpus({ engine, record, settings, logger }: Watched): () => Promise<void> {
  const lookout = new GpuLookout({
    probe: (signal) => probeGpus({ ...settings, signal }),
    tell: async (found) => void (await engine.submit({ type: "devicesSeen", ...found })),
    well: () => engine.read(wellDevices),
    onChange: (well) => {
      const gpus = well.map(({ uuid }) => uuid).join(" ");
      logger.warn("other GPUs are advertised than before", { gpus });
      record.renew();
    },
  });
  lookout.start();
  return () => lookout.stop();
}

// A machine whose owner wants it is not kept busy with figures.
function measureNowAndThen({ engine, machine, settings, spare, logger }: Watched): () => Promise<void> {
  const { dataDir, measureEvery } = settings;
  const cores = machine.resources.cpuCores;
  const parts = {
    begin: async () => (await engine.submit({ type: "measurementWanted" })).ok,
    measure: (outer: AbortSignal) => spare.run(outer, (signal) => measureMachine({ dataDir, cores, signal })),
    tell: async (figures: Measurements) => (await engine.submit({ type: "machineMeasured", figures })).ok,
    end: () => engine.post({ type: "measurementEnded" }),
    logger,
  };
  const measuring = new Measuring(parts, measureEvery);
  measuring.start();
  return () => measuring.stop();
}

function watchHealth({ engine, record, machine, network, settings, logger }: Watched): () => void {
  const { executors, offers } = machine;
  const health = new HealthWatch({
    engine,
    executors,
    offers,
    offer: (working) => record.offer(working),
    examine: (signal) => examineRunning(settings, { network, signal }),
    logger,
  });
  health.start(settings.recheck);
  return () => health.stop();
}

async function takeOwnersWord({ engine, folder, end, logger }: Watched): Promise<() => Promise<void>> {
  const drained = (): Promise<boolean> => drain(engine, Number.POSITIVE_INFINITY, logger);
  return await serveControl(folder, ownersAnswers({ engine, end, drained }));
}
