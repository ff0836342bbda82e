// What this machine has: processor, memory, disk, and the accelerators that its tools list.
import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import type { Accelerator, WorkerResources } from "@starling/protocol";

/** Looks at the machine whose file system has this folder for inputs and outputs; its GPUs were found before. */
export async function probeMachine(dataDir: string, accelerators: readonly Accelerator[]): Promise<WorkerResources> {
  const disk = await statfs(dataDir);
  return {
    arch: process.arch === "arm64" ? "arm64" : "x86_64",
    cpuModel: cpus()[0]?.model.trim() ?? "unknown",
    cpuCores: availableParallelism(),
    memoryBytes: totalmem(),
    diskBytes: disk.bavail * disk.bsize,
    accelerators,
  };
}
