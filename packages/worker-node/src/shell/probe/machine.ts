// What this machine has: processor, memory, disk and accelerators.
import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import type { WorkerResources } from "@starling/protocol";
import { probeGpus } from "./gpus.ts";

export interface ProbeOptions {
  /** Folder whose file system holds inputs and outputs. */
  readonly dataDir: string;
  /** The `nvidia-smi` to call; a name is looked up on PATH. */
  readonly nvidiaSmi: string;
  /** The `rocm-smi` to call, in the same way. */
  readonly rocmSmi: string;
  readonly signal: AbortSignal;
}

/** Measures the machine. Each part falls back to "nothing" rather than to a guess. */
export async function probeMachine(options: ProbeOptions): Promise<WorkerResources> {
  const [disk, { accelerators }] = await Promise.all([statfs(options.dataDir), probeGpus(options)]);
  return {
    arch: process.arch === "arm64" ? "arm64" : "x86_64",
    cpuModel: cpus()[0]?.model.trim() ?? "unknown",
    cpuCores: availableParallelism(),
    memoryBytes: totalmem(),
    diskBytes: disk.bavail * disk.bsize,
    accelerators,
  };
}
