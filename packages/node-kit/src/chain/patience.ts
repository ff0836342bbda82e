// Asking a node that may be away for a while, as a daemon does when it starts beside a chain that starts as well.
import { setTimeout as delay } from "node:timers/promises";
import type { Millis } from "@starling/kernel";
import { isTransient } from "./rpc-error.ts";

/** How long to ask. */
export interface Patience {
  readonly signal: AbortSignal;
  /** Time after which the last error is thrown, counted in pauses. */
  readonly limitMs: Millis;
  /** The first pause; each is twice as long as the one before, up to `pauseMsMax`. */
  readonly pauseMs: Millis;
  readonly pauseMsMax: Millis;
  /** Told of every failure that is waited out. */
  readonly onSilence: (error: unknown) => void;
}

/** The answer, as soon as the node gives one. An error that does not pass by waiting is thrown at once. */
export async function whenReachable<T>(ask: () => Promise<T>, patience: Patience): Promise<T> {
  const { signal, limitMs, pauseMs, pauseMsMax, onSilence } = patience;
  for (let waitedMs = 0, pause = pauseMs; ; pause = Math.min(pause * 2, pauseMsMax)) {
    try {
      return await ask();
    } catch (error) {
      if (!isTransient(error) || signal.aborted || waitedMs >= limitMs) throw error;
      onSilence(error);
    }
    await delay(pause, undefined, { signal });
    waitedMs += pause;
  }
}
