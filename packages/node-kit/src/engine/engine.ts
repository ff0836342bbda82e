// The engine: drives any core turn by turn, makes its facts durable, and only then lets its effects out.
import { type Millis, type Outcome, present, rejected } from "@starling/kernel";
import { type Clock, systemClock } from "../clock.ts";
import { type Entropy, systemEntropy } from "../entropy.ts";
import { type Failpoints, noFailpoints } from "../failpoints.ts";
import type { Journal } from "../journal/journal.ts";
import { errorFields, type Logger, silentLogger } from "../logger.ts";
import { EffectRunner } from "./effects.ts";
import {
  type AnyEffect,
  type EngineDeps,
  type EngineLimits,
  type EngineOptions,
  engineLimits,
} from "./engine-options.ts";
import { Inbox, type InboxEntry } from "./inbox.ts";
import { recover } from "./recovery.ts";
import { SnapshotSchedule } from "./snapshot-schedule.ts";
import { RecordedTurn } from "./turn.ts";
import { TurnClock } from "./turn-clock.ts";

/** The facts of one turn, after they became durable. */
export interface FactBatch<Fact> {
  /** The number of the first one. */
  readonly firstSeq: number;
  readonly at: Millis;
  readonly facts: readonly Fact[];
}

/** Counters for metrics and health. */
export interface EngineStats {
  readonly phase: EnginePhase;
  readonly epoch: number;
  readonly lastSeq: number;
  readonly turns: number;
  readonly inputs: number;
  readonly overloaded: number;
  readonly inbox: number;
  readonly effectsRunning: number;
  readonly effectsWaiting: number;
  readonly factsReplayed: number;
}

export type EnginePhase = "new" | "running" | "stopping" | "stopped" | "failed";

/** The engine failed or stopped while a caller waited: whether its input took effect is unknown. */
export class EngineStoppedError extends Error {
  override readonly name = "EngineStoppedError";
  readonly code = "engineStopped";
}

// EX_SOFTWARE of sysexits: an internal error, so that a supervisor starts the daemon again.
const EXIT_CODE_FATAL = 70;
const OVERLOADED = rejected("overloaded", "the inbox is full. Try again with a growing delay");
const STOPPING = rejected("unavailable", "the process is stopping. Try again after it has come back");

/** See page 1 of the design for the turn. One engine per core and per journal. */
export class Engine<Config, State, Input, Fact, Effect extends AnyEffect> {
  readonly #options: EngineOptions<Config, State, Input, Fact, Effect>;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #logger: Logger;
  readonly #failpoints: Failpoints;
  readonly #limits: EngineLimits;
  readonly #inbox: Inbox<Input>;
  readonly #effects: EffectRunner<Effect, Input>;
  readonly #snapshots: SnapshotSchedule;
  readonly #time: TurnClock;
  readonly #listeners = new Set<(batch: FactBatch<Fact>) => void>();
  #state: State | undefined;
  #phase: EnginePhase = "new";
  #lastSeq = 0;
  #ordinal = 0;
  #yieldedMs = 0;
  #wake: (() => void) | undefined;
  #loop: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #settled: Promise<unknown> = Promise.resolve();
  #counts = { turns: 0, inputs: 0, overloaded: 0, factsReplayed: 0 };

  constructor(deps: EngineDeps<Input, Effect>, options: EngineOptions<Config, State, Input, Fact, Effect>) {
    this.#options = options;
    this.#journal = deps.journal;
    this.#clock = deps.clock ?? systemClock;
    this.#entropy = deps.entropy ?? systemEntropy;
    this.#logger = deps.logger ?? silentLogger;
    this.#failpoints = deps.failpoints ?? noFailpoints;
    this.#limits = { ...engineLimits, ...options.limits };
    this.#inbox = new Inbox({ outside: this.#limits.inbox, feedback: this.#limits.feedback });
    const limits: Readonly<Record<string, number | undefined>> = options.effectLimits ?? {};
    this.#effects = new EffectRunner(
      { performer: deps.performer, clock: this.#clock, logger: this.#logger, failpoints: this.#failpoints },
      {
        limitOf: (type) => limits[type] ?? this.#limits.effectsPerType,
        feedback: (input) => this.#feedback(input),
        onError: (effect, error) => this.#effectFailed(effect, error),
        onEnd: () => this.#wake?.(),
      },
    );
    this.#time = new TurnClock(this.#clock, () => this.#wake?.());
    this.#snapshots = new SnapshotSchedule(this.#limits.factsPerSnapshot);
  }

  /** Recovers, requests again what is owed, and begins to take turns. Throws when the journal or the core refuses. */
  async start(): Promise<void> {
    if (this.#phase !== "new") throw new EngineStoppedError(`the engine cannot start: it is ${this.#phase}`);
    const { decider, config } = this.#options;
    const recovered = await recover<Config, State, Fact>(decider, config, this.#journal);
    this.#state = recovered.state;
    this.#lastSeq = this.#journal.lastSeq;
    this.#counts.factsReplayed = recovered.factsReplayed;
    this.#snapshots.recovered(recovered.factsReplayed);
    this.#time.start(recovered.lastAt);
    this.#phase = "running";
    try {
      this.#failpoints.hit("engine.afterRecovery");
      const turn = this.#newTurn();
      decider.resume(recovered.state, turn);
      await this.#commit(turn, []);
    } catch (error) {
      this.#phase = "failed";
      this.#effects.abort();
      await this.#journal.close();
      throw error;
    }
    this.#logger.info("engine started", {
      epoch: this.#journal.epoch,
      lastSeq: this.#lastSeq,
      factsReplayed: recovered.factsReplayed,
    });
    this.#loop = this.#run();
  }

  /** Gives an input to the core; resolves to its outcome after the facts of its turn are on disk. Rejects only with `EngineStoppedError`. */
  async submit(input: Input): Promise<Outcome> {
    if (this.#phase !== "running") return STOPPING;
    return await new Promise((resolve, reject) => {
      if (this.#inbox.offer({ input, settle: { resolve, reject } })) this.#wake?.();
      else {
        this.#counts.overloaded += 1;
        resolve(OVERLOADED);
      }
    });
  }

  /** Gives an input that nobody waits for; false when it was dropped because the inbox is full or the engine is not running. */
  post(input: Input): boolean {
    if (this.#phase !== "running") return false;
    const taken = this.#inbox.offer({ input });
    if (taken) this.#wake?.();
    else this.#counts.overloaded += 1;
    return taken;
  }

  /** Reads the state now. It may be one turn ahead of the disk; the function must neither change nor keep what it sees. */
  read<T>(select: (state: State) => T): T {
    return select(present(this.#state, "the engine's state"));
  }

  /** As `read`, but resolves once all that was read is on disk: for answers to others. */
  async readSettled<T>(select: (state: State) => T): Promise<T> {
    const value = this.read(select);
    await this.#settled;
    if (this.#phase === "failed") throw new EngineStoppedError("the process failed before what was read was on disk");
    return value;
  }

  /** Calls the listener with each turn's facts once they are durable; returns the way to stop that. A throwing listener is logged. */
  onFacts(listener: (batch: FactBatch<Fact>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Durable facts after this number, up to now: for a watcher that comes back with the number of the last fact it saw. */
  async *history(afterSeq: number, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<FactBatch<Fact>> {
    for await (const { firstSeq, at, facts } of this.#journal.history(afterSeq, options)) {
      yield { firstSeq, at, facts: facts as readonly Fact[] };
    }
  }

  /** The time as turns see it: milliseconds since the Unix epoch, never going back. */
  now(): Millis {
    return this.#time.now();
  }

  stats(): EngineStats {
    return {
      ...this.#counts,
      phase: this.#phase,
      epoch: this.#journal.epoch,
      lastSeq: this.#lastSeq,
      inbox: this.#inbox.size,
      effectsRunning: this.#effects.running,
      effectsWaiting: this.#effects.waiting,
    };
  }

  /** Finishes the turn, answers those who wait, aborts effects and waits for them within a limit, and closes the journal. */
  async stop(): Promise<void> {
    if (this.#phase === "new") return;
    this.#stopping ??= this.#stopOnce();
    await this.#stopping;
  }

  async #stopOnce(): Promise<void> {
    if (this.#phase === "running") this.#phase = "stopping";
    this.#wake?.();
    await this.#loop;
    this.#time.stop();
    for (let entry = this.#inbox.take(); entry !== undefined; entry = this.#inbox.take()) {
      entry.settle?.resolve(STOPPING);
    }
    const left = await this.#effects.stop(this.#limits.stopMs);
    if (left > 0) this.#logger.warn("effects did not stop in time", { effects: left });
    await this.#snapshots.pending;
    await this.#journal.close();
    if (this.#phase === "failed") return;
    this.#phase = "stopped";
    this.#logger.info("engine stopped", { lastSeq: this.#lastSeq });
  }

  async #run(): Promise<void> {
    this.#yieldedMs = this.#clock.monotonicMs();
    while (this.#phase === "running") {
      const hasWork = this.#time.isDue || this.#inbox.size > 0;
      if (hasWork && this.#effects.waiting <= this.#limits.effectsWaiting) await this.#turn();
      else await this.#room();
    }
  }

  // Resolves at the next input, at the end of an effect, or at a stop: no timer stands between an input and its turn.
  async #room(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
    this.#yieldedMs = this.#clock.monotonicMs();
  }

  async #turn(): Promise<void> {
    const entries: { readonly entry: InboxEntry<Input>; readonly outcome: Outcome }[] = [];
    let deciding: InboxEntry<Input> | undefined;
    try {
      this.#failpoints.hit("engine.beforeDecide");
      const turn = this.#newTurn();
      const state = present(this.#state, "the engine's state");
      const endMs = this.#clock.monotonicMs() + this.#limits.turnMs;
      while (entries.length < this.#limits.inputsPerTurn && turn.facts.length < this.#limits.factsPerTurn) {
        deciding = this.#next();
        if (deciding === undefined) break;
        entries.push({ entry: deciding, outcome: this.#options.decider.decide(state, deciding.input, turn) });
        if (this.#clock.monotonicMs() >= endMs) break;
      }
      deciding = undefined;
      this.#counts.turns += 1;
      this.#counts.inputs += entries.length;
      await this.#commit(turn, entries);
      await this.#yieldIfLong(turn.facts.length > 0);
    } catch (error) {
      this.#fail(
        error,
        deciding === undefined ? entries.map(({ entry }) => entry) : [...entries.map(({ entry }) => entry), deciding],
      );
    }
  }

  #next(): InboxEntry<Input> | undefined {
    return this.#time.takeDue() ? { input: this.#options.tickInput() } : this.#inbox.take();
  }

  #newTurn(): RecordedTurn<State, Fact, Effect> {
    return new RecordedTurn(this.#options.decider, present(this.#state, "the engine's state"), {
      now: this.#time.now(),
      entropy: this.#entropy.words(),
      lastSeq: this.#lastSeq,
      epoch: this.#journal.epoch,
      ordinal: this.#ordinal,
      freeze: this.#options.checkInvariants === "always",
    });
  }

  // The order is the promise: disk, then watchers and callers, then the world.
  async #commit(
    turn: RecordedTurn<State, Fact, Effect>,
    entries: readonly { readonly entry: InboxEntry<Input>; readonly outcome: Outcome }[],
  ): Promise<void> {
    this.#checkInvariants();
    const firstSeq = this.#lastSeq + 1;
    if (turn.facts.length > 0) {
      this.#failpoints.hit("engine.beforeAppend");
      const appending = this.#journal.append(turn.texts, turn.now);
      // Readers wait for it too; its failure is reported here.
      this.#settled = appending.catch(() => undefined);
      const receipt = await appending;
      this.#failpoints.hit("engine.afterAppend");
      this.#lastSeq = receipt.lastSeq;
      this.#snapshots.appended(turn.facts.length, receipt.bytes);
      this.#tell({ firstSeq, at: turn.now, facts: turn.facts });
    }
    this.#ordinal = turn.ordinal;
    for (const { entry, outcome } of entries) entry.settle?.resolve(outcome);
    this.#failpoints.hit("engine.afterAnswer");
    this.#effects.start(turn.requests);
    this.#time.arm(this.#options.decider.nextWake(present(this.#state, "the engine's state")));
    if (this.#snapshots.isDue(this.#inbox.size === 0)) this.#takeSnapshot(turn.now);
  }

  #checkInvariants(): void {
    if (this.#options.checkInvariants !== "always") return;
    const broken = this.#options.decider.violations(present(this.#state, "the engine's state"));
    if (broken.length > 0) throw new Error(`invariants are broken: ${broken.join("; ")}`);
  }

  #tell(batch: FactBatch<Fact>): void {
    for (const listener of this.#listeners) {
      try {
        listener(batch);
      } catch (error) {
        this.#logger.error("fact listener failed", errorFields(error));
      }
    }
  }

  // Turns without facts never wait for the disk; sockets and timers must get their share even then.
  async #yieldIfLong(waited: boolean): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (!waited && nowMs - this.#yieldedMs < this.#limits.turnMs) return;
    this.#yieldedMs = nowMs;
    if (!waited) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #feedback(input: Input): void {
    if (this.#phase !== "running") return;
    if (this.#inbox.feedback(input)) this.#wake?.();
    else this.#fail(new Error("effects report faster than turns can take it"), []);
  }

  #effectFailed(effect: Effect, error: unknown): void {
    const input = this.#options.onEffectError?.(effect, error) ?? null;
    if (input !== null) this.#feedback(input);
  }

  #takeSnapshot(at: Millis): void {
    this.#failpoints.hit("engine.beforeSnapshot");
    const seq = this.#lastSeq;
    const state = this.#options.decider.snapshot(present(this.#state, "the engine's state"));
    const saving = this.#journal.saveSnapshot({ seq, at, state }).then((bytes) => {
      this.#failpoints.hit("engine.afterSnapshot");
      this.#logger.debug("snapshot written", { seq, bytes });
      return bytes;
    });
    this.#snapshots.taking(
      saving.catch((error: unknown) => {
        this.#fail(error, []);
        return 0;
      }),
    );
  }

  // State in memory may be ahead of the disk now: nothing may be answered or performed from it any more.
  #fail(error: unknown, entries: readonly InboxEntry<Input>[]): void {
    if (this.#phase === "failed") return;
    this.#phase = "failed";
    this.#logger.error("engine failed", errorFields(error));
    this.#time.stop();
    this.#effects.abort();
    const stopped = new EngineStoppedError(
      "the process failed while this was in progress, so its outcome is unknown. Ask again with the same key",
      { cause: error },
    );
    for (const entry of entries) entry.settle?.reject(stopped);
    for (let entry = this.#inbox.take(); entry !== undefined; entry = this.#inbox.take()) entry.settle?.reject(stopped);
    this.#wake?.();
    if (this.#options.onFatal === undefined) process.exit(EXIT_CODE_FATAL);
    this.#options.onFatal(error);
  }
}
