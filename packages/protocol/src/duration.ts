// Durations as people write them: "30s", "10m", "2h".
import { day, hour, type Millis, minute, second } from "@starling/kernel";
import { type Parsed, parsed, unparsed } from "./parsed.ts";

const UNITS: Readonly<Record<string, Millis>> = { ms: 1, s: second, m: minute, h: hour, d: day };
const DURATION = /^(\d{1,12})\s*([A-Za-z]*)$/;

/** Reads a whole number with a unit into milliseconds. */
export function parseDuration(text: string): Parsed<Millis> {
  const match = DURATION.exec(text.trim());
  const units = `the units are ${Object.keys(UNITS).join(", ")}, as in "10m"`;
  if (match === null) return unparsed(`"${text}" is not a duration: write a whole number and a unit; ${units}`);
  const [, count = "0", unit = ""] = match;
  const factor = UNITS[unit];
  if (unit === "") return unparsed(`"${text}" has no unit; ${units}`);
  if (factor === undefined) return unparsed(`"${unit}" is not a unit of time; ${units}`);
  const value = Number(count) * factor;
  return Number.isSafeInteger(value) ? parsed(value) : unparsed(`"${text}" is too long`);
}

/** Writes milliseconds exactly with the two largest units that are needed, or in milliseconds below a second. */
export function formatDuration(durationMs: Millis): string {
  if (durationMs < second) return `${durationMs}ms`;
  const parts: string[] = [];
  let rest = durationMs - (durationMs % second);
  for (const [unit, factor] of Object.entries(UNITS).reverse()) {
    if (rest >= factor && parts.length < 2) {
      parts.push(`${Math.floor(rest / factor)}${unit}`);
      rest %= factor;
    }
  }
  return parts.join(" ");
}
