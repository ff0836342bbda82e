// Time as turns see it, and the one timer of an engine.
import type { Millis } from "@starling/kernel";
import type { CancelTimer, Clock } from "../clock.ts";

/** Wall time at the start or the last journalled time, whichever is later, plus monotonic time: setting the machine's clock expires nothing. */
export class TurnClock {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #baseMs: Millis = 0;
  #baseMonotonicMs = 0;
  #armedFor: Millis | null = null;
  #cancel: CancelTimer | undefined;
  // A flag, not an entry of the inbox: however late a turn comes, time is told to the core once.
  #isDue = false;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Begins to count; `lastAt` is the time of the last durable turn. */
  start(lastAt: Millis): void {
    this.#baseMs = Math.max(this.#clock.wallMs(), lastAt);
    this.#baseMonotonicMs = this.#clock.monotonicMs();
  }

  now(): Millis {
    return this.#baseMs + Math.floor(this.#clock.monotonicMs() - this.#baseMonotonicMs);
  }

  /** Whether the moment that was armed has come. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** True once for each moment that has come. */
  takeDue(): boolean {
    const due = this.#isDue;
    this.#isDue = false;
    return due;
  }

  /** Replaces the timer; null means never. A moment in the past comes in a millisecond, so that a core cannot spin. */
  arm(wake: Millis | null): void {
    if (wake === this.#armedFor) return;
    this.stop();
    this.#armedFor = wake;
    if (wake === null) return;
    this.#cancel = this.#clock.after(Math.max(1, wake - this.now()), () => {
      this.#armedFor = null;
      this.#isDue = true;
      this.#onDue();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = null;
  }
}
