// The deterministic toolbox: everything that a pure core needs and nothing that touches the world.
export { AssertionError, assert, assertNever, present } from "./assert.ts";
export type { CoreState, Decider, Turn } from "./decider.ts";
export { type Accepted, accepted, type Outcome, type Rejected, rejected } from "./outcome.ts";
export { PriorityQueue } from "./priority-queue.ts";
export { keyFromSeed, type RandomStream, type RandomStreams, randomStreams } from "./random.ts";
export { day, earliest, hour, type Millis, minute, second } from "./time.ts";
export { canFollow, isTerminal, type Lifecycle, type TransitionTable, toMermaid, transition } from "./transitions.ts";
