// A clock that only a test moves.
import type { CancelTimer, Clock } from "../src/clock.ts";

/** Timers fire inside `advance`, in the order of their moments. */
export class ManualClock implements Clock {
  #wall: number;
  #monotonic = 0;
  readonly #timers = new Set<{ readonly at: number; readonly fire: () => void }>();

  constructor(wallMs: number) {
    this.#wall = wallMs;
  }

  wallMs(): number {
    return this.#wall;
  }

  monotonicMs(): number {
    return this.#monotonic;
  }

  after(delayMs: number, fire: () => void): CancelTimer {
    const timer = { at: this.#monotonic + delayMs, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Sets the wall clock only, as somebody with administrator's rights does. */
  setWall(wallMs: number): void {
    this.#wall = wallMs;
  }

  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#wall += due.at - this.#monotonic;
      this.#monotonic = due.at;
      due.fire();
    }
    this.#wall += end - this.#monotonic;
    this.#monotonic = end;
  }

  get timers(): number {
    return this.#timers.size;
  }
}
