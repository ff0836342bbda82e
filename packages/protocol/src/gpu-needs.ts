// Which GPUs do for a task: by memory and architecture. Coordinators place by it, and workers hand out devices by it.
import type { Accelerator } from "./worker-record.ts";

/** What a task needs of a machine's GPUs. */
export interface GpuNeeds {
  readonly count: number;
  /** Memory of each, bytes. */
  readonly vramBytes: number;
  /** Architectures that do, such as `sm_80`, or `sm_80+` for that and newer; empty when any does. */
  readonly arch: readonly string[];
}

/** Whether one GPU does. */
export function gpuFits({ vramBytes, arch }: GpuNeeds, gpu: Pick<Accelerator, "vramBytes" | "arch">): boolean {
  return gpu.vramBytes >= vramBytes && (arch.length === 0 || arch.some((wanted) => archFits(wanted, gpu.arch)));
}

/** Whether an architecture is the one that is wanted; `sm_80+` stands for that and every newer one. */
export function archFits(wanted: string, arch: string): boolean {
  if (!wanted.endsWith("+")) return wanted === arch;
  const least = /^([a-z_]+)(\d+)\+$/.exec(wanted);
  const found = /^([a-z_]+)(\d+)$/.exec(arch);
  if (least === null || found === null || least[1] !== found[1]) return false;
  return Number(found[2]) >= Number(least[2]);
}
