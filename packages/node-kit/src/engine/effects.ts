// Performs effects concurrently in one lane per type, so that slow effects of one type never hold up another type.
import type { Clock } from "../clock.ts";
import type { Failpoints } from "../failpoints.ts";
import { errorFields, type Logger } from "../logger.ts";
import type { AnyEffect } from "./engine-options.ts";

/** What a performer gets beside the effect. */
export interface EffectContext<Input> {
  /**
   * `EPOCH.SEQ.ORDINAL`: the fact after which the effect was requested, and its place among the effects requested there. Never used
   * twice in the life of a journal. What a restart requests again gets a new id, so keys of idempotency belong into the effect.
   */
  readonly id: string;
  /** Aborted when the engine stops. */
  readonly signal: AbortSignal;
  /** Reports an outcome to the core. Never refused; after a stop it is dropped. */
  feedback(input: Input): void;
}

/** The world, as the engine sees it. */
export interface Performer<Effect, Input> {
  /** Performs one effect. A rejection is logged and given to `onEffectError`. */
  perform(effect: Effect, context: EffectContext<Input>): Promise<void>;
}

/** An effect with its id. */
export interface EffectRequest<Effect> {
  readonly id: string;
  readonly effect: Effect;
}

interface Lane<Effect> {
  readonly limit: number;
  readonly waiting: EffectRequest<Effect>[];
  head: number;
  running: number;
}

interface EffectDeps<Effect, Input> {
  readonly performer: Performer<Effect, Input>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly failpoints: Failpoints;
}

interface EffectOptions<Effect, Input> {
  readonly limitOf: (type: string) => number;
  readonly feedback: (input: Input) => void;
  readonly onError: (effect: Effect, error: unknown) => void;
  /** Called when an effect ended, for whoever waits for room. */
  readonly onEnd: () => void;
}

/** Runs effects in the order of their requests, as many at once as their lane allows. */
export class EffectRunner<Effect extends AnyEffect, Input> {
  readonly #deps: EffectDeps<Effect, Input>;
  readonly #options: EffectOptions<Effect, Input>;
  readonly #lanes = new Map<string, Lane<Effect>>();
  readonly #abort = new AbortController();
  #waiting = 0;
  #running = 0;
  #idle: (() => void) | undefined;

  constructor(deps: EffectDeps<Effect, Input>, options: EffectOptions<Effect, Input>) {
    this.#deps = deps;
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get running(): number {
    return this.#running;
  }

  start(requests: readonly EffectRequest<Effect>[]): void {
    for (const request of requests) {
      if (this.#abort.signal.aborted) return;
      const lane = this.#lane(request.effect.type);
      if (lane.running < lane.limit) void this.#perform(lane, request);
      else {
        lane.waiting.push(request);
        this.#waiting += 1;
      }
    }
  }

  /** Aborts all effects and drops those that wait. */
  abort(): void {
    this.#abort.abort(new Error("the engine stops"));
    for (const lane of this.#lanes.values()) lane.waiting.length = 0;
    this.#waiting = 0;
  }

  /** Aborts, then waits for running effects, but no longer than the limit. Resolves to how many are still running. */
  async stop(limitMs: number): Promise<number> {
    this.abort();
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#deps.clock.after(limitMs, resolve);
        this.#idle = () => {
          cancel();
          resolve();
        };
      });
    }
    return this.#running;
  }

  #lane(type: string): Lane<Effect> {
    let lane = this.#lanes.get(type);
    if (lane === undefined) {
      lane = { limit: this.#options.limitOf(type), waiting: [], head: 0, running: 0 };
      this.#lanes.set(type, lane);
    }
    return lane;
  }

  async #perform(lane: Lane<Effect>, { id, effect }: EffectRequest<Effect>): Promise<void> {
    const { failpoints, logger, performer } = this.#deps;
    lane.running += 1;
    this.#running += 1;
    try {
      if (failpoints.armed) failpoints.hit(`effect.${effect.type}.before`);
      const { signal } = this.#abort;
      const feedback = (input: Input): void => {
        if (!signal.aborted) this.#options.feedback(input);
      };
      await performer.perform(effect, { id, signal, feedback });
      if (failpoints.armed) failpoints.hit(`effect.${effect.type}.after`);
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        logger.warn("effect failed", { effectId: id, effectType: effect.type, ...errorFields(error) });
        this.#options.onError(effect, error);
      }
    } finally {
      this.#end(lane);
    }
  }

  #end(lane: Lane<Effect>): void {
    lane.running -= 1;
    this.#running -= 1;
    const next = lane.waiting[lane.head];
    if (next !== undefined && !this.#abort.signal.aborted) {
      lane.head += 1;
      this.#waiting -= 1;
      if (lane.head === lane.waiting.length || lane.head >= 4_096) {
        lane.waiting.splice(0, lane.head);
        lane.head = 0;
      }
      void this.#perform(lane, next);
    }
    this.#options.onEnd();
    if (this.#running === 0) this.#idle?.();
  }
}
