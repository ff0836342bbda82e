// The worker daemon, for those who start it in their own process.
export { type WorkerSettings, workerOptions } from "./config.ts";
export { WorkerNode, type WorkerNodeDeps } from "./shell/worker-node.ts";
