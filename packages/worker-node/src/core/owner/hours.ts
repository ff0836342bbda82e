// The owner's hours: spans of the local week in which work is taken. What time it is there arrives as an input.
import { day, minute } from "@starling/kernel";
import type { WorkerState } from "../state.ts";

/** Minutes of a week, which begins on Monday at midnight. */
export const minutesOfWeek = (7 * day) / minute;

/** From one minute of the week up to another; one that ends before it begins goes over the end of the week. */
export interface HourSpan {
  readonly from: number;
  /** Not in the span itself. */
  readonly to: number;
}

/** Whether these are the owner's hours. Until the local time is known they are not. */
export function isOpen({ config, presence }: WorkerState): boolean {
  const hours = config.rules?.hours;
  if (hours === undefined) return true;
  const now = presence.localMinute;
  return now !== null && hours.some((span) => holds(span, now));
}

/** How many minutes it is until the owner's hours begin; null where he has none, or nobody knows what time it is there. */
export function minutesClosed({ config, presence }: WorkerState): number | null {
  const now = presence.localMinute;
  const hours = config.rules?.hours ?? [];
  if (now === null || hours.length === 0) return null;
  return Math.min(...hours.map(({ from }) => (from - now + minutesOfWeek) % minutesOfWeek));
}

function holds({ from, to }: HourSpan, now: number): boolean {
  return from < to ? now >= from && now < to : now >= from || now < to;
}
