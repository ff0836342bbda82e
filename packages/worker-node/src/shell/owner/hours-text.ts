// Hours as people write them: "Mon-Fri 19:00-07:00", "Sat-Sun", "22:00-06:00".
import { type Parsed, parsed, unparsed } from "@starling/protocol";
import { type HourSpan, minutesOfWeek } from "../../core/index.ts";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
const DAY_MINUTES = minutesOfWeek / DAYS.length;
const SPAN = /^(?:([A-Za-z]{3})(?:-([A-Za-z]{3}))?)?(?: *(\d\d):(\d\d)-(\d\d):(\d\d))?$/;

/** The spans of one entry: one for each of its days. Hours that end before they begin go on into the next day. */
export function parseHours(text: string): Parsed<readonly HourSpan[]> {
  const match = SPAN.exec(text.trim());
  const how = `write days, hours or both, as in "Mon-Fri 19:00-07:00"`;
  if (match === null || text.trim() === "") return unparsed(`"${text}" is no span of the week: ${how}`);
  const [, first, last = first, fromHour, fromMinute, toHour, toMinute] = match;
  const days = daysOf(first, last);
  if (days === null) return unparsed(`"${text}" names a day that is none of ${DAYS.join(", ")}`);
  const from = minuteOf(fromHour ?? "00", fromMinute ?? "00");
  const to = minuteOf(toHour ?? "24", toMinute ?? "00");
  if (from === null || to === null || from === DAY_MINUTES)
    return unparsed(`"${text}" names a time that no day has: ${how}`);
  if (from === to) return unparsed(`"${text}" ends when it begins: leave the hours out for the whole day`);
  const length = to > from ? to - from : to + DAY_MINUTES - from;
  return parsed(days.map((day) => spanFrom(day * DAY_MINUTES + from, length)));
}

/** The minute of the week that a moment is in where this machine stands. */
export function minuteOfWeek(wallMs: number): number {
  const local = new Date(wallMs);
  // Weeks begin on Sunday there.
  const day = (local.getDay() + DAYS.length - 1) % DAYS.length;
  return day * DAY_MINUTES + local.getHours() * 60 + local.getMinutes();
}

function spanFrom(from: number, length: number): HourSpan {
  return { from, to: (from + length) % minutesOfWeek };
}

function daysOf(first: string | undefined, last: string | undefined): readonly number[] | null {
  if (first === undefined || last === undefined) return DAYS.map((_, day) => day);
  const [from, to] = [first, last].map((name) => DAYS.findIndex((day) => day.toLowerCase() === name.toLowerCase()));
  if (from === undefined || to === undefined || from < 0 || to < 0) return null;
  const count = ((to - from + DAYS.length) % DAYS.length) + 1;
  return Array.from({ length: count }, (_, i) => (from + i) % DAYS.length);
}

function minuteOf(hour: string, minute: string): number | null {
  const [hours, minutes] = [Number(hour), Number(minute)];
  const all = hours * 60 + minutes;
  return hours <= 24 && minutes < 60 && all <= DAY_MINUTES ? all : null;
}
