// The bounded queue in front of the core: inputs from outside are refused when it is full, feedback of effects never is.
import type { Outcome } from "@starling/kernel";

/** An input and who waits for its outcome. */
export interface InboxEntry<Input> {
  readonly input: Input;
  /** Absent for inputs that nobody waits for. */
  readonly settle?: { resolve(outcome: Outcome): void; reject(error: unknown): void };
}

/** First in, first out over both classes, so that no input overtakes an older one. */
export class Inbox<Input> {
  readonly #outsideMax: number;
  readonly #feedbackMax: number;
  #entries: { readonly entry: InboxEntry<Input>; readonly outside: boolean }[] = [];
  // The queue is read by index and cut rarely: shifting an array of thousands would cost more than deciding.
  #head = 0;
  #outside = 0;

  constructor(limits: { readonly outside: number; readonly feedback: number }) {
    this.#outsideMax = limits.outside;
    this.#feedbackMax = limits.feedback;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  /** False when it is full; the input was not taken then. */
  offer(entry: InboxEntry<Input>): boolean {
    if (this.#outside >= this.#outsideMax) return false;
    this.#outside += 1;
    this.#entries.push({ entry, outside: true });
    return true;
  }

  /** Takes an input that must not be lost; false when even these are too many. */
  feedback(input: Input): boolean {
    if (this.size - this.#outside >= this.#feedbackMax) return false;
    this.#entries.push({ entry: { input }, outside: false });
    return true;
  }

  take(): InboxEntry<Input> | undefined {
    const next = this.#entries[this.#head];
    if (next === undefined) return undefined;
    this.#head += 1;
    if (next.outside) this.#outside -= 1;
    if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return next.entry;
  }
}
