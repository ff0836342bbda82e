// What an engine is made of: the core, the parts that touch the world, and its limits.
import type { Decider, Millis } from "@starling/kernel";
import type { Clock } from "../clock.ts";
import type { Entropy } from "../entropy.ts";
import type { Failpoints } from "../failpoints.ts";
import type { Journal } from "../journal/journal.ts";
import type { Logger } from "../logger.ts";
import type { Performer } from "./effects.ts";

/** Effects are told apart by their type, which also names the lane that they wait in. */
export interface AnyEffect {
  readonly type: string;
}

/** Parts that touch the world. */
export interface EngineDeps<Input, Effect extends AnyEffect> {
  readonly journal: Journal;
  readonly performer: Performer<Effect, Input>;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: the machine's random device. */
  readonly entropy?: Entropy;
  readonly logger?: Logger;
  /** Default: none. Daemons pass `failpointsFromEnvironment()`. */
  readonly failpoints?: Failpoints;
}

/** The core, how the engine speaks to it, and limits; each limit has a default in `engineLimits`. */
export interface EngineOptions<Config, State, Input, Fact, Effect extends AnyEffect> {
  readonly decider: Decider<Config, State, Input, Fact, Effect>;
  readonly config: Config;
  /** The input that says "time has come"; the turn carries the time. */
  readonly tickInput: () => Input;
  /** The input that reports an effect that threw; null when the core need not know. */
  readonly onEffectError?: (effect: Effect, error: unknown) => Input | null;
  /** Called once, after deciding or appending failed. Default: the process exits with code 70. */
  readonly onFatal?: (error: unknown) => void;
  /** "always" also freezes facts, so that an `evolve` that shares them with the state is noticed. Default "never". */
  readonly checkInvariants?: "always" | "never";
  readonly limits?: Partial<EngineLimits>;
  /** How many effects of a type may run at once, where the default does not fit. */
  readonly effectLimits?: Readonly<Partial<Record<Effect["type"], number>>>;
}

/** Every bound of an engine. */
export interface EngineLimits {
  /** Inputs of one turn. */
  readonly inputsPerTurn: number;
  /** A turn takes no further input once it holds so many facts. */
  readonly factsPerTurn: number;
  /** A turn takes no further input after deciding for so long. */
  readonly turnMs: Millis;
  /** Inputs from outside that may wait; more are refused as "overloaded". */
  readonly inbox: number;
  /** Feedback that may wait. It is never refused, so more than this stops the process. */
  readonly feedback: number;
  /** Effects of one type that run at once. */
  readonly effectsPerType: number;
  /** Effects that may wait; above it no turn begins, the inbox fills and callers are refused. */
  readonly effectsWaiting: number;
  /** Facts between two snapshots, at least; a big state makes it more. */
  readonly factsPerSnapshot: number;
  /** How long `stop` waits for running effects after it has aborted them. */
  readonly stopMs: Millis;
}

/** The defaults, sized for a coordinator with 2,000 workers on two cores. */
export const engineLimits: EngineLimits = {
  inputsPerTurn: 256,
  factsPerTurn: 4_096,
  // Long enough to make a batch worth its sync, short enough for a status query to slip in between.
  turnMs: 8,
  inbox: 16_384,
  feedback: 262_144,
  effectsPerType: 64,
  effectsWaiting: 100_000,
  factsPerSnapshot: 20_000,
  stopMs: 5_000,
};
