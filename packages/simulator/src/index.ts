// The published entry point: run a simulated network from a seed.
export { type FaultKind, faultKinds } from "./fault-plan.ts";
export { type RunOptions, type RunReport, run } from "./run.ts";
