// The GPUs of an executor of containers: in which way they are given is found out by a probe, and from then on every attempt gets its own.
import { meterGpus } from "../../../gpu/meter.ts";
import type { AskUse } from "../../../gpu/usage.ts";
import type { RunOutcome, TaskRun } from "../../executor.ts";
import { broken } from "../../process/outcome.ts";
import { type GpuAccess, probeGpuAccess } from "./probe.ts";
import { type DeviceFolders, deviceFolders, type GpuParts, type GpuWay, gpuParts, type LocalGpu } from "./ways.ts";

/** Where things are learned about GPUs. */
interface GpuSources {
  /** Asks how busy they are; left out where nobody wants to know. */
  readonly ask?: AskUse;
  readonly folders?: DeviceFolders;
}

/** GPUs of one group: an attempt must not fall on one kind or another by chance. */
export class ContainerGpus {
  readonly #all: readonly LocalGpu[];
  readonly #ask: AskUse | undefined;
  readonly #folders: DeviceFolders;
  #usable: readonly LocalGpu[] = [];
  #way: GpuWay | null = null;

  constructor(all: readonly LocalGpu[], { ask, folders = deviceFolders }: GpuSources = {}) {
    this.#all = all;
    this.#ask = ask;
    this.#folders = folders;
  }

  /** Those that the first probe that succeeded could use; none before it. */
  usable(): readonly LocalGpu[] {
    return this.#usable;
  }

  /** Finds out how containers are given GPUs. After the first time only those are tried that were told of. */
  async probe(run: (task: TaskRun, parts: GpuParts | null) => Promise<RunOutcome>): Promise<GpuAccess> {
    const tried = this.#way === null ? this.#all : this.#usable;
    const access = await probeGpuAccess(tried, async (task, gpus, way) => {
      if (gpus.length === 0) return await run(task, null);
      const parts = await gpuParts(way, gpus, this.#folders).catch((error: unknown) => String(error));
      return typeof parts === "string" ? broken(parts) : await run(task, parts);
    });
    if (!access.ok) return access;
    if (this.#way === null) this.#usable = access.gpus;
    this.#way = access.way;
    return access;
  }

  /** What a container gets that has these GPUs, by their driver's names; rejects for others than the probe could use. */
  async partsOf(devices: readonly string[]): Promise<GpuParts> {
    if (this.#way === null) throw new Error("no GPU was found that a container can be given");
    if (devices.length === 0) throw new Error("the attempt was leased no GPU");
    const gpus = devices.map((device) => {
      const found = this.#usable.find(({ gpu }) => gpu.uuid === device);
      if (found === undefined) throw new Error(`${device} is no GPU that a container can be given here`);
      return found;
    });
    const parts = await gpuParts(this.#way, gpus, this.#folders);
    const ask = this.#ask;
    return ask === undefined ? parts : { ...parts, watch: () => meterGpus({ devices, ask }) };
  }
}
