// The published entry point: build a coordinator from its settings.
export { type CoordinatorSettings, coordinatorOptions } from "./config.ts";
export { CoordinatorNode } from "./shell/coordinator-node.ts";
