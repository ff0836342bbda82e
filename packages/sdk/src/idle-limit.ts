// A limit on how long a stream of a call may stand still, as a coordinator that hangs would make it.
import { StarlingError } from "./call-error.ts";

/** One call's limit; it counts only while the other side has to move. */
export class IdleLimit {
  readonly #ms: number | undefined;
  readonly #onLate: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isLate = false;

  /** Without a number of milliseconds there is no limit. */
  constructor(ms: number | undefined, onLate: () => void) {
    this.#ms = ms;
    this.#onLate = onLate;
  }

  /** The other side has to move now. */
  wait(): void {
    this.stop();
    if (this.#ms === undefined) return;
    this.#timer = setTimeout(() => {
      this.#isLate = true;
      this.#onLate();
    }, this.#ms);
  }

  /** It has moved, or nobody waits any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Why the call was ended, if this limit ended it. */
  error(address: string): StarlingError | null {
    if (!this.#isLate) return null;
    return new StarlingError(
      "timedOut",
      `the coordinator at ${address} neither sent nor took anything for ${(this.#ms ?? 0) / 1_000} s; try again`,
    );
  }
}
