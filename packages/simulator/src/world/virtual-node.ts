// One daemon of a simulated network: drives a core as the engine does, with a journal that loses what was not synced.
import {
  assert,
  type Decider,
  keyFromSeed,
  type Millis,
  type Outcome,
  type RandomStream,
  type RandomStreams,
  randomStreams,
} from "@starling/kernel";
import type { Faults } from "../fault-plan.ts";
import type { Simulation } from "../simulation.ts";

/** What a node is built of. */
export interface NodeParts<Config, State, Input, Fact, Effect> {
  readonly name: string;
  readonly decider: Decider<Config, State, Input, Fact, Effect>;
  /** The configuration of an epoch: it rises with each start. */
  readonly configOf: (epoch: number) => Config;
  readonly tick: Input;
  readonly perform: (effect: Effect) => void;
  /** Called after each turn with the state and the facts that it made durable. */
  readonly observe: (state: State, facts: readonly Fact[]) => void;
  /** Called after a crash, before the restart. */
  readonly onCrash: () => void;
  readonly onStart: () => void;
}

export interface NodeWorld {
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly random: RandomStream;
}

type Phase = "up" | "down";

// Time from the last input to the end of the synced write, and from a crash to the next start.
const TURN_MS = 1;
const RESTART_MS_MIN = 50;
const RESTART_MS_SPAN = 3_000;
const SNAPSHOT_EVERY = 400;

/** A core, its durable facts and its crashes. */
export class VirtualNode<Config, State, Input, Fact, Effect> {
  readonly #parts: NodeParts<Config, State, Input, Fact, Effect>;
  readonly #world: NodeWorld;
  readonly #crash: "coordinatorCrash" | "workerCrash";
  #journal: Fact[] = [];
  #snapshot: { readonly state: unknown; readonly facts: number } | null = null;
  #inbox: { readonly input: Input; readonly settle: (outcome: Outcome) => void }[] = [];
  #state: State;
  #phase: Phase = "down";
  /** Rises with each start, so that events of a former life are told apart. */
  #life = 0;
  #lastNow: Millis = 0;
  #isTurnDue = false;
  #wakeAt: Millis | null = null;
  turns = 0;
  restarts = 0;

  constructor(
    parts: NodeParts<Config, State, Input, Fact, Effect>,
    world: NodeWorld,
    crash: "coordinatorCrash" | "workerCrash",
  ) {
    this.#parts = parts;
    this.#world = world;
    this.#crash = crash;
    this.#state = parts.decider.initial(parts.configOf(0));
  }

  get isUp(): boolean {
    return this.#phase === "up";
  }

  get state(): State {
    return this.#state;
  }

  get facts(): readonly Fact[] {
    return this.#journal;
  }

  get epoch(): number {
    return this.#life;
  }

  /** Gives an input; lost when the node is down. The outcome is told after the facts are durable. */
  input(input: Input, settle: (outcome: Outcome) => void = () => undefined): void {
    if (this.#phase !== "up") return;
    this.#inbox.push({ input, settle });
    this.#scheduleTurn();
  }

  /** Recovers from snapshot and journal and goes on. */
  start(): void {
    assert(this.#phase === "down", `${this.#parts.name} is up already`);
    const { decider, configOf } = this.#parts;
    this.#life += 1;
    this.#state = this.rebuild();
    this.#phase = "up";
    this.#wakeAt = null;
    const recorded: Fact[] = [];
    const effects: Effect[] = [];
    decider.resume(this.#state, this.#turn(recorded, effects));
    this.#journal.push(...recorded);
    this.#parts.onStart();
    for (const effect of effects) this.#parts.perform(effect);
    this.#arm();
    void configOf;
  }

  /** The state as recovery sees it: the fold of snapshot and journal. */
  rebuild(): State {
    const { decider, configOf } = this.#parts;
    const config = configOf(this.#life);
    const from = this.#snapshot;
    const state = from === null ? decider.initial(config) : decider.restore(config, structuredCloneOf(from.state));
    for (const fact of this.#journal.slice(from?.facts ?? 0)) decider.evolve(state, fact);
    return state;
  }

  /** Dies now: inbox, presence and every timer are gone. */
  crash(): void {
    if (this.#phase !== "up") return;
    this.#phase = "down";
    this.#inbox = [];
    this.#isTurnDue = false;
    this.restarts += 1;
    this.#parts.onCrash();
    const { simulation, random } = this.#world;
    const life = this.#life;
    simulation.after(RESTART_MS_MIN + random.below(RESTART_MS_SPAN), () => {
      if (this.#life === life && this.#phase === "down") this.start();
    });
  }

  #scheduleTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    const life = this.#life;
    this.#world.simulation.after(TURN_MS, () => {
      if (this.#life === life && this.#phase === "up") this.#takeTurn();
    });
  }

  #takeTurn(): void {
    this.#isTurnDue = false;
    const taken = this.#inbox;
    this.#inbox = [];
    const { decider } = this.#parts;
    const facts: Fact[] = [];
    const effects: Effect[] = [];
    const turn = this.#turn(facts, effects);
    const outcomes = taken.map(({ input }) => decider.decide(this.#state, input, turn));
    this.turns += 1;
    const { faults } = this.#world;
    if (faults.strikes(this.#crash)) {
      // Torn: died before the batch was synced, nothing of it is left. Otherwise: synced, but nobody was told.
      if (faults.strikes("tornWrite")) return this.crash();
      this.#journal.push(...facts);
      return this.crash();
    }
    this.#journal.push(...facts);
    if (this.#journal.length - (this.#snapshot?.facts ?? 0) > SNAPSHOT_EVERY) {
      this.#snapshot = { state: structuredCloneOf(decider.snapshot(this.#state)), facts: this.#journal.length };
    }
    this.#parts.observe(this.#state, facts);
    for (const [i, outcome] of outcomes.entries()) taken[i]?.settle(outcome);
    for (const effect of effects) this.#parts.perform(effect);
    this.#arm();
  }

  #turn(
    facts: Fact[],
    effects: Effect[],
  ): { now: Millis; random: RandomStreams; record(fact: Fact): void; request(effect: Effect): void } {
    const { simulation, random } = this.#world;
    this.#lastNow = Math.max(this.#lastNow, simulation.now);
    return {
      now: this.#lastNow,
      random: randomStreams(keyFromSeed(random.uint32())),
      record: (fact) => {
        this.#parts.decider.evolve(this.#state, fact);
        facts.push(fact);
      },
      request: (effect) => effects.push(effect),
    };
  }

  // As in the engine there is one timer; when it fires, a tick goes into the inbox.
  #arm(): void {
    const wake = this.#parts.decider.nextWake(this.#state);
    if (wake === null || wake === this.#wakeAt) return;
    this.#wakeAt = wake;
    const life = this.#life;
    const { simulation } = this.#world;
    simulation.after(Math.max(1, Math.ceil(wake - simulation.now)), () => {
      if (this.#life !== life || this.#phase !== "up" || this.#wakeAt !== wake) return;
      this.#wakeAt = null;
      this.input(this.#parts.tick);
    });
  }
}

/** A deep copy of plain data: maps, sets, arrays and objects. */
export function structuredCloneOf(value: unknown): unknown {
  if (value instanceof Map)
    return new Map([...value].map(([key, item]) => [structuredCloneOf(key), structuredCloneOf(item)]));
  if (value instanceof Set) return new Set([...value].map(structuredCloneOf));
  if (Array.isArray(value)) return value.map(structuredCloneOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, structuredCloneOf(item)]));
}
