// What an attempt has used, measured alike by every executor, and what of it is told.
import { limits, type ProgramEnding, type Usage } from "@starling/protocol";
import type { ResourceUsage, RunOutcome, TaskRun } from "./executor.ts";

/** What an attempt has used so far, with what is known of it. */
export type Measure = (used?: Partial<ResourceUsage>) => ResourceUsage;

/** Starts to measure an attempt. */
export function meter(task: TaskRun, startedAt: number): Measure {
  const programBytes = task.programContent?.size ?? task.program.length;
  const bytesIn = task.inputs.reduce((sum, { size }) => sum + size, programBytes);
  return (used = {}) => ({
    wallMs: performance.now() - startedAt,
    cpuMs: 0,
    peakMemoryBytes: 0,
    bytesOut: 0,
    fuel: 0,
    bytesIn,
    ...used,
  });
}

/** What the coordinator is told: whole numbers that it takes, and nothing of what is zero since it was not measured. */
export function toldUsage({ wallMs, cpuMs, peakMemoryBytes, bytesIn, bytesOut, fuel, gpu }: ResourceUsage): Usage {
  return {
    wallMs: whole(wallMs, limits.usedMs),
    cpuMs: whole(cpuMs, limits.usedCpuMs),
    peakMemoryBytes: whole(peakMemoryBytes, limits.usedMemoryBytes),
    ...(fuel === 0 ? {} : { fuel }),
    ...(bytesIn === 0 ? {} : { bytesIn: whole(bytesIn, limits.usedBytes) }),
    ...(bytesOut === 0 ? {} : { bytesOut: whole(bytesOut, limits.usedBytes) }),
    ...(gpu === undefined ? {} : { gpu: toldGpu(gpu) }),
  };
}

// Nobody's driver is trusted with the coordinator's limits.
function toldGpu({ memoryBytes, busyPercent }: NonNullable<ResourceUsage["gpu"]>): NonNullable<Usage["gpu"]> {
  return {
    memoryBytes: Math.max(1, whole(memoryBytes, limits.usedGpuMemoryBytes)),
    busyPercent: whole(busyPercent, 100),
  };
}

// A program that broke out of its sandbox may have measured itself.
function whole(measured: number, max: number): number {
  return Math.min(Math.max(0, Math.round(measured)), max);
}

/** What the coordinator is told of an attempt without a result; empty where nothing ran. */
export function toldOfFailure(outcome: Exclude<RunOutcome, { kind: "completed" }>): {
  readonly usage?: Usage;
  readonly ending?: ProgramEnding;
} {
  if (outcome.kind === "infrastructure") return {};
  const usage = toldUsage(outcome.usage);
  if (outcome.kind !== "failed") return { usage };
  const { exitCode, signal, outOfMemory } = outcome;
  const ending: ProgramEnding = {
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(outOfMemory === undefined ? {} : { outOfMemory }),
  };
  return Object.keys(ending).length === 0 ? { usage } : { usage, ending };
}
