// Deadlines in one heap. An entry says "look at this then": whoever looks decides from the state whether anything is due.
import { type Millis, PriorityQueue } from "@starling/kernel";

/** What a deadline belongs to. `step` retries a placement, `start` is the first look at everything after a start. */
export type TimerKind =
  | "lease"
  | "task"
  | "job"
  | "worker"
  | "session"
  | "escrow"
  | "offer"
  | "step"
  | "start"
  | "lost"
  | "idle"
  | "tickets";

export interface Timer {
  readonly at: Millis;
  readonly kind: TimerKind;
  readonly id: string;
}

/** Timers are never removed: a stale one costs one look. One entry per thing and state keeps their number bounded. */
export class Timers {
  readonly #heap = new PriorityQueue<Timer>((a, b) => a.at - b.at);

  get size(): number {
    return this.#heap.size;
  }

  push(timer: Timer): void {
    this.#heap.push(timer);
  }

  /** The earliest moment, or null. */
  next(): Millis | null {
    return this.#heap.peek()?.at ?? null;
  }

  /** The next timer that has gone off, or null. */
  popDue(now: Millis): Timer | null {
    const top = this.#heap.peek();
    if (top === undefined || top.at > now) return null;
    this.#heap.pop();
    return top;
  }
}
