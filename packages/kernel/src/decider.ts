// The contract of a deterministic core: a pure, synchronous state machine that an engine or a simulator drives.
import type { Outcome } from "./outcome.ts";
import type { RandomStreams } from "./random.ts";
import type { Millis } from "./time.ts";

/**
 * What a core may see and do during one turn. The clock is read once per turn; randomness comes from entropy that the
 * engine drew for this turn, so it is unpredictable in production and repeatable in the simulator.
 */
export interface Turn<Fact, Effect> {
  /** Milliseconds since the Unix epoch, never earlier than any earlier turn's. */
  readonly now: Millis;
  /** Named streams of integers; a new consumer takes a new name and shifts no other stream. */
  readonly random: RandomStreams;
  /** Records a durable change. The fact is applied to the ledger at once, and journalled before any effect leaves. */
  record(fact: Fact): void;
  /** Asks the world for something, after the facts of this turn are on disk. */
  request(effect: Effect): void;
}

/** A state has a durable part, which equals the fold of all facts, and a volatile part, which starts empty. */
export interface CoreState<Ledger, Presence> {
  readonly ledger: Ledger;
  readonly presence: Presence;
}

/** A deterministic core. Every member is synchronous and total: bad input is rejected with a code, never thrown. */
export interface Decider<Config, State, Input, Fact, Effect> {
  /** The empty state. */
  initial(config: Config): State;
  /** Reads the state and one input; changes the ledger only through `turn.record`. */
  decide(state: State, input: Input, turn: Turn<Fact, Effect>): Outcome;
  /** Applies one fact to the ledger in place. The only writer of durable state; it decides nothing. */
  evolve(state: State, fact: Fact): void;
  /** After recovery, requests again everything that is still owed to the world. Safe to call twice. */
  resume(state: State, turn: Turn<Fact, Effect>): void;
  /** The earliest moment at which time alone matters, or null. The engine arms one timer for it. */
  nextWake(state: State): Millis | null;
  /** Lists every broken invariant, empty when all hold. Checked after every turn in tests and in the simulator. */
  violations(state: State): readonly string[];
  /** The durable part as plain data (`Map`, array, string, number, boolean, bigint, object), for a snapshot. */
  snapshot(state: State): unknown;
  /** The inverse of `snapshot`. */
  restore(config: Config, snapshot: unknown): State;
}
