// Tells the core what time it is where the machine stands, where its owner has hours.
import { systemClock } from "@starling/node-kit";
import type { WorkerEngine } from "../engine.ts";
import { minuteOfWeek } from "./hours-text.ts";
import type { OwnersWord } from "./rules.ts";

/** Hours are in whole minutes; the clock may be set meanwhile, and the machine may sleep. */
const TELL_EVERY_MS = 15_000;

/** Tells it now and again, until the function that it gives is called. */
export function tellLocalTime(engine: WorkerEngine, { rules }: OwnersWord): () => void {
  if (rules.hours === undefined) return () => undefined;
  const tell = (): void =>
    void engine.post({ type: "localTimeSeen", minuteOfWeek: minuteOfWeek(systemClock.wallMs()) });
  tell();
  const timer = setInterval(tell, TELL_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
