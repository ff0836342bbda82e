// Waiting between retries: jittered, so that a thousand workers do not come back at the same moment.
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

/** Waits between half of `limitMs` and all of it; ends early without an error when the signal aborts. */
export async function pause(limitMs: number, signal: AbortSignal): Promise<void> {
  const half = Math.ceil(limitMs / 2);
  await delay(half + randomInt(half + 1), undefined, { signal }).catch(() => undefined);
}
