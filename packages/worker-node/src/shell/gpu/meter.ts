// Measures the GPUs of one attempt while it runs: their tool is asked every second, since no driver counts by container.
import { pause } from "../pause.ts";
import type { AskUse } from "./usage.ts";

/** What an attempt used of its GPUs. */
interface MeteredGpus {
  /** Most memory that was seen taken at one time, over all of them. */
  readonly memoryBytes: number;
  /** On average. */
  readonly busyPercent: number;
}

/** What is looked at, and how often. */
interface MeterParts {
  readonly devices: readonly string[];
  readonly ask: AskUse;
  readonly everyMs?: number;
}

/** By the first look a program has begun, and what came before it is forgotten. */
const FIRST_MS = 300;
const EVERY_MS = 1_000;

/** Starts to look; what it returns stops that and tells what was seen: null where nothing was, as in a short attempt. Safe to call twice. */
export function meterGpus({ devices, ask, everyMs = EVERY_MS }: MeterParts): () => Promise<MeteredGpus | null> {
  const stopping = new AbortController();
  const seen = { looks: 0, busy: 0, memoryBytes: 0 };
  const look = async (): Promise<void> => {
    await pause(Math.min(FIRST_MS, everyMs), stopping.signal);
    while (!stopping.signal.aborted) {
      const uses = await ask(stopping.signal);
      const own = devices.flatMap((device) => uses.get(device) ?? []);
      // A look that was cut off saw nothing, and one without all of them is no measure of all.
      if (own.length === devices.length && !stopping.signal.aborted) {
        seen.looks += 1;
        seen.busy += own.reduce((sum, { busyPercent }) => sum + busyPercent, 0) / own.length;
        seen.memoryBytes = Math.max(
          seen.memoryBytes,
          own.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
        );
      }
      await pause(everyMs, stopping.signal);
    }
  };
  const looking = look().catch(() => undefined);
  return async () => {
    stopping.abort(new Error("the attempt is over"));
    await looking;
    // A program that used one held some of its memory.
    if (seen.memoryBytes === 0) return null;
    return { memoryBytes: seen.memoryBytes, busyPercent: Math.round(seen.busy / seen.looks) };
  };
}
