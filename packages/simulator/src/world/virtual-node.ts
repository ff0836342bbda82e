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
  type Turn,
} from "@starling/kernel";
import type { Faults } from "../fault-plan.ts";
import type { Simulation } from "../simulation.ts";
import { copyOf } from "./plain-data.ts";

/** What a node is built of. */
export interface NodeParts<Config, State, Input, Fact, Effect> {
  readonly name: string;
  readonly crash: "coordinatorCrash" | "workerCrash";
  readonly decider: Decider<Config, State, Input, Fact, Effect>;
  /** The configuration of an epoch: it rises with each start. */
  readonly configOf: (epoch: number) => Config;
  readonly tick: Input;
  readonly perform: (effect: Effect) => void;
  /** Called after each turn with the state and the facts that it made durable, before any effect leaves. */
  readonly observe: (state: State, facts: readonly Fact[]) => void;
  /** Called at a crash with the state that was live and the one that recovery finds; both should be equal. */
  readonly compare: (live: State, recovered: State) => void;
  /** Called after a crash, before the restart. */
  readonly onCrash: () => void;
  readonly onStart: () => void;
}

export interface NodeWorld {
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly random: RandomStream;
  /** Nothing is journalled, so nothing may crash: for long plays, whose journals would fill the memory. */
  readonly isForgetful?: boolean;
}

interface Entry<Input> {
  readonly input: Input;
  readonly settle: (outcome: Outcome) => void;
}

// Time from the first input to the end of the synced write, and from a crash to the next start.
const TURN_MS: Millis = 1;
const RESTART_MS_MIN = 50;
const RESTART_MS_SPAN = 3_000;
const OUTAGE_MS_MIN = 20_000;
const OUTAGE_MS_SPAN = 80_000;
const STALL_MS_MIN = 500;
const STALL_MS_SPAN = 15_000;
/** A wall clock may be off by so much either way. */
const CLOCK_MS_SPAN = 2_000;
const SNAPSHOT_EVERY_MIN = 100;
const SNAPSHOT_EVERY_SPAN = 900;
/** And not before so large a part of the journal is new. */
const SNAPSHOT_PARTS = 8;
const INPUTS_PER_TURN = 1_024;

/** A core, its durable facts and its crashes. */
export class VirtualNode<Config, State, Input, Fact, Effect> {
  readonly #parts: NodeParts<Config, State, Input, Fact, Effect>;
  readonly #world: NodeWorld;
  readonly #journal: Fact[] = [];
  #snapshot: { readonly state: unknown; readonly facts: number } | null = null;
  #inbox: Entry<Input>[] = [];
  #state: State;
  #isUp = false;
  #hasDeserted = false;
  /** Rises with each start, so that events of a former life are told apart. */
  #life = 0;
  /** What the daemon's time is ahead of virtual time; fixed within a life. */
  #aheadMs: Millis = 0;
  #lastNow: Millis = 0;
  #isTurnDue = false;
  #wakeAt: Millis | null = null;
  #downSince: Millis | null = null;
  readonly #outages: { readonly from: Millis; readonly to: Millis }[] = [];
  /** So many facts after the last snapshot comes the next. */
  #snapshotAfter = SNAPSHOT_EVERY_MIN;
  turns = 0;

  constructor(parts: NodeParts<Config, State, Input, Fact, Effect>, world: NodeWorld) {
    this.#parts = parts;
    this.#world = world;
    this.#state = parts.decider.initial(parts.configOf(0));
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get hasDeserted(): boolean {
    return this.#hasDeserted;
  }

  get state(): State {
    return this.#state;
  }

  get epoch(): number {
    return this.#life;
  }

  /** The daemon's time: the wall clock at its start or the last journalled time, whichever is later, and what has passed since. */
  get now(): Millis {
    return this.#world.simulation.now + this.#aheadMs;
  }

  /** Gives an input; lost when the node is down. The outcome is told after the facts are durable. */
  input(input: Input, settle: (outcome: Outcome) => void = () => undefined): void {
    if (!this.#isUp) return;
    this.#inbox.push({ input, settle });
    this.#scheduleTurn();
  }

  /** Recovers from snapshot and journal and goes on. */
  start(): void {
    assert(!this.#isUp, `${this.#parts.name} is up already`);
    const { decider } = this.#parts;
    const { faults, random, simulation } = this.#world;
    assert(
      this.#life === 0 || this.#world.isForgetful !== true,
      `${this.#parts.name} remembers nothing of its last life`,
    );
    this.#life += 1;
    this.#hasDeserted = false;
    this.#state = this.#recover();
    this.#isUp = true;
    if (this.#downSince !== null) this.#outages.push({ from: this.#downSince, to: simulation.now });
    this.#wakeAt = null;
    const offMs = faults.strikes("clockJump") ? random.below(2 * CLOCK_MS_SPAN) - CLOCK_MS_SPAN : 0;
    this.#aheadMs = Math.max(offMs, this.#lastNow - simulation.now);
    const facts: Fact[] = [];
    const effects: Effect[] = [];
    decider.resume(this.#state, this.#turn(facts, effects));
    this.#parts.onStart();
    this.#commit({ facts, effects, settle: () => undefined });
  }

  /** Dies now: inbox, presence and every timer are gone. Comes back unless it deserts. */
  crash(hasDeserted = false): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#downSince = this.#world.simulation.now;
    this.#hasDeserted = hasDeserted;
    this.#inbox = [];
    this.#isTurnDue = false;
    this.#parts.onCrash();
    if (hasDeserted) return;
    const { faults, simulation, random } = this.#world;
    const downMs = faults.strikes("longOutage")
      ? OUTAGE_MS_MIN + random.below(OUTAGE_MS_SPAN)
      : RESTART_MS_MIN + random.below(RESTART_MS_SPAN);
    simulation.after(downMs, () => this.start());
  }

  /** For how much of a span of virtual time the daemon was dead, and back later. */
  downMs(from: Millis, to: Millis): Millis {
    const parts = this.#outages.map((outage) => Math.min(outage.to, to) - Math.max(outage.from, from));
    return parts.reduce((sum, part) => sum + Math.max(0, part), 0);
  }

  /** The states that recovery would find: from the last snapshot, and from the first fact on. */
  recovered(): readonly State[] {
    const { decider, configOf } = this.#parts;
    const fromScratch = decider.initial(configOf(this.#life));
    for (const fact of this.#journal) decider.evolve(fromScratch, copyOf(fact));
    return [this.#recover(), fromScratch];
  }

  #recover(): State {
    const { decider, configOf } = this.#parts;
    const config = configOf(this.#life);
    const from = this.#snapshot;
    const state = from === null ? decider.initial(config) : decider.restore(config, copyOf(from.state));
    for (const fact of this.#journal.slice(from?.facts ?? 0)) decider.evolve(state, copyOf(fact));
    return state;
  }

  #scheduleTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    const life = this.#life;
    const { faults, random, simulation } = this.#world;
    const stallMs = faults.strikes("stall") ? STALL_MS_MIN + random.below(STALL_MS_SPAN) : 0;
    simulation.after(TURN_MS + stallMs, () => {
      if (this.#life === life && this.#isUp) this.#takeTurn();
    });
  }

  #takeTurn(): void {
    this.#isTurnDue = false;
    const taken = this.#inbox.splice(0, INPUTS_PER_TURN);
    const { decider } = this.#parts;
    const facts: Fact[] = [];
    const effects: Effect[] = [];
    const turn = this.#turn(facts, effects);
    const outcomes = taken.map(({ input }) => decider.decide(this.#state, input, turn));
    this.turns += 1;
    const settle = (): void => {
      for (const [i, outcome] of outcomes.entries()) taken[i]?.settle(outcome);
    };
    this.#commit({ facts, effects, settle });
    if (this.#isUp && this.#inbox.length > 0) this.#scheduleTurn();
  }

  // Facts first, then answers and effects, and a crash may come at any point between.
  #commit({
    facts,
    effects,
    settle,
  }: {
    facts: readonly Fact[];
    effects: readonly Effect[];
    settle: () => void;
  }): void {
    const { faults, random } = this.#world;
    const dies = faults.strikes(this.#parts.crash);
    if (dies && faults.strikes("tornWrite")) {
      this.crash();
      return;
    }
    if (this.#world.isForgetful !== true) this.#journal.push(...facts);
    this.#parts.observe(this.#state, facts);
    // A scenario may have killed it just here: the facts are on disk, nobody was told.
    if (!this.#isUp) return;
    const isCut = dies && effects.length > 0 && faults.strikes("crashAmidEffects");
    const performed = dies ? effects.slice(0, isCut ? 1 + random.below(effects.length) : 0) : effects;
    if (!dies || isCut) settle();
    for (const effect of performed) this.#parts.perform(effect);
    if (dies) {
      this.#parts.compare(this.#state, this.#recover());
      this.crash();
      return;
    }
    this.#keepSnapshot();
    this.#arm();
  }

  #keepSnapshot(): void {
    if (this.#world.isForgetful === true) return;
    const since = this.#journal.length - (this.#snapshot?.facts ?? 0);
    // A long run would else spend its time on copies of an ever larger state.
    if (since < Math.max(this.#snapshotAfter, this.#journal.length / SNAPSHOT_PARTS)) return;
    this.#snapshotAfter = SNAPSHOT_EVERY_MIN + this.#world.random.below(SNAPSHOT_EVERY_SPAN);
    this.#snapshot = { state: copyOf(this.#parts.decider.snapshot(this.#state)), facts: this.#journal.length };
  }

  // What is journalled is a copy, as on disk: a core that changes what it once recorded is found out by a replay.
  #turn(facts: Fact[], effects: Effect[]): Turn<Fact, Effect> {
    const now = this.now;
    assert(now >= this.#lastNow, `the time of ${this.#parts.name} went back`);
    this.#lastNow = now;
    let streams: RandomStreams | undefined;
    return {
      now,
      random: (name) => {
        streams ??= randomStreams(keyFromSeed(this.#world.random.uint32()));
        return streams(name);
      },
      record: (fact) => {
        facts.push(copyOf(fact));
        this.#parts.decider.evolve(this.#state, fact);
      },
      request: (effect) => effects.push(effect),
    };
  }

  // As in the engine there is one timer; when it fires, a tick goes into the inbox.
  #arm(): void {
    const wakeAt = this.#parts.decider.nextWake(this.#state);
    if (wakeAt === null || wakeAt === this.#wakeAt) return;
    this.#wakeAt = wakeAt;
    const life = this.#life;
    this.#world.simulation.after(Math.max(1, Math.ceil(wakeAt - this.now)), () => {
      if (this.#life !== life || !this.#isUp || this.#wakeAt !== wakeAt) return;
      this.#wakeAt = null;
      this.input(this.#parts.tick);
    });
  }
}
