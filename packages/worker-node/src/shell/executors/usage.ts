// What an attempt has used, measured alike by every executor.
import type { ResourceUsage, TaskRun } from "./executor.ts";

/** What an attempt has used so far, with what is known of it. */
export type Measure = (used?: Partial<ResourceUsage>) => ResourceUsage;

/** Starts to measure an attempt. */
export function meter(task: TaskRun, startedAt: number): Measure {
  const bytesIn = task.inputs.reduce((sum, { size }) => sum + size, task.program.length);
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
