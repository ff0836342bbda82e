// Calls from the main thread to the network thread: numbered, cancellable, answered once.
import { fromPlainError, NetworkError, type PlainError } from "./errors.ts";
import type { CallName, ThreadCalls, ToThread } from "./messages.ts";

interface Pending {
  readonly settle: (outcome: { value: unknown } | { error: Error }) => void;
}

/** The calls that wait for an answer. */
export class PendingCalls {
  readonly #post: (message: ToThread) => void;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #closed: Error | undefined;

  constructor(post: (message: ToThread) => void) {
    this.#post = post;
  }

  /** Asks the thread; rejects with Aborted when the signal fires first, and tells the thread to stop. */
  call<Name extends CallName>(
    name: Name,
    args: ThreadCalls[Name]["args"],
    signal?: AbortSignal,
  ): Promise<ThreadCalls[Name]["result"]> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (signal?.aborted === true) return Promise.reject(aborted(name, signal));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#post({ kind: "cancel", id });
        this.fail(id, aborted(name, signal));
      };
      const settle: Pending["settle"] = (outcome) => {
        signal?.removeEventListener("abort", onAbort);
        if ("error" in outcome) reject(outcome.error);
        // The thread answers a call with the result of that call; the table in messages.ts is the contract.
        else resolve(outcome.value as ThreadCalls[Name]["result"]);
      };
      this.#pending.set(id, { settle });
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#post({ kind: "call", id, name, args });
    });
  }

  /** Delivers a result; false when nobody waits for it any more. */
  answer(id: number, value: unknown): boolean {
    return this.#settle(id, { value });
  }

  fail(id: number, error: Error | PlainError): boolean {
    return this.#settle(id, { error: error instanceof Error ? error : fromPlainError(error) });
  }

  /** Fails everything that waits, and everything that is asked from now on. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const id of [...this.#pending.keys()]) this.fail(id, reason);
  }

  #settle(id: number, outcome: { value: unknown } | { error: Error }): boolean {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.settle(outcome);
    return pending !== undefined;
  }
}

function aborted(name: CallName, signal: AbortSignal | undefined): NetworkError {
  return new NetworkError("Aborted", `${name} was given up`, signal?.reason);
}
