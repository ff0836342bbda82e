// The only file that reads the clock: wall time, monotonic time and one-shot timers behind a port that tests replace.
import { performance } from "node:perf_hooks";
import type { Millis } from "@starling/kernel";

/** Stops a timer; stopping one that fired already does nothing. */
export type CancelTimer = () => void;

/** What the engine and the adapters may know about time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump when somebody sets the machine's clock. */
  wallMs(): Millis;
  /** Milliseconds from an arbitrary start, with fractions. Never goes back. */
  monotonicMs(): number;
  /** Calls `fire` once after the delay. Keeps the process alive until it fired or was cancelled. */
  after(delayMs: Millis, fire: () => void): CancelTimer;
}

// Longer delays wrap round to one millisecond in Node; the caller arms again when it fires early.
const DELAY_MS_MAX = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, Math.min(Math.max(delayMs, 0), DELAY_MS_MAX));
    return () => clearTimeout(timer);
  },
};
