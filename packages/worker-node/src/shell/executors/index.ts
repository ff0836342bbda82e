// The executors of a worker: one port, one way to run each runtime class.
export type {
  CollectedOutput,
  Executor,
  FailureReason,
  ProbeResult,
  ResourceUsage,
  RunLimits,
  RunOptions,
  RunOutcome,
  RunProgress,
  TaskInput,
  TaskOutput,
  TaskRun,
} from "./executor.ts";
// biome-ignore lint/performance/noBarrelFile: a published entry point of the package
export { ContainerGpus } from "./oci/gpu/gpus.ts";
export type { DockerChoice } from "./oci/host.ts";
export { createOciExecutor, createOciExecutors, type OciExecutorOptions } from "./oci/oci-executor.ts";
export { isGvisor } from "./oci/plan.ts";
export { sweepOciArea } from "./oci/sweep.ts";
export { type NewEntry, tarOf } from "./oci/tar.ts";
export { sweepArea } from "./process/area.ts";
export { createProcessExecutor, type ProcessExecutorOptions } from "./process/process-executor.ts";
export { type FuelOverhead, type MeasuredProgram, measureFuelOverhead } from "./wasm/fuel-overhead.ts";
export { measureOverhead, type Overhead } from "./wasm/overhead.ts";
export { createWasmExecutor, type WasmExecutorOptions } from "./wasm/wasm-executor.ts";
