// The published entry point: run a simulated network from a seed.
export { type FaultKind, faultKinds } from "./fault-plan.ts";
export type { RunReport } from "./play.ts";
export { type RunOptions, run } from "./run.ts";
