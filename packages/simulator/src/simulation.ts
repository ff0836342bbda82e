// Virtual time and the queue of events: the one loop that everything in a simulated network runs on.
import { assert, type Millis, PriorityQueue } from "@starling/kernel";

interface Scheduled {
  readonly at: Millis;
  readonly run: () => void;
}

/** Raised when a run does not come to rest within its budget of events: something loops. */
export class EventBudgetError extends Error {
  override readonly name = "EventBudgetError";
}

/** A discrete-event loop. Events of one moment run in the order in which they were scheduled. */
export class Simulation {
  readonly #queue = new PriorityQueue<Scheduled>((a, b) => a.at - b.at);
  readonly #eventsMax: number;
  #now: Millis;
  #events = 0;

  constructor(options: { readonly startAt: Millis; readonly eventsMax: number }) {
    this.#now = options.startAt;
    this.#eventsMax = options.eventsMax;
  }

  get now(): Millis {
    return this.#now;
  }

  get events(): number {
    return this.#events;
  }

  /** Runs the function after a delay of whole milliseconds. */
  after(delayMs: Millis, run: () => void): void {
    assert(Number.isInteger(delayMs) && delayMs >= 0, `a delay of ${delayMs} ms is not possible`);
    this.#queue.push({ at: this.#now + delayMs, run });
  }

  /** Runs events until the condition holds or the time is over; returns whether the condition held. */
  runUntil(isDone: () => boolean, deadlineAt: Millis): boolean {
    while (!isDone()) {
      const next = this.#queue.peek();
      if (next === undefined || next.at > deadlineAt) {
        this.#now = Math.max(this.#now, deadlineAt);
        return isDone();
      }
      this.#queue.pop();
      assert(next.at >= this.#now, "virtual time went back");
      this.#now = next.at;
      this.#events += 1;
      if (this.#events > this.#eventsMax) throw new EventBudgetError(`more than ${this.#eventsMax} events`);
      next.run();
    }
    return true;
  }
}
