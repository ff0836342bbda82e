// Sizes as people write them, in powers of 1024: "64Mi", "1Gi".
import { type Parsed, parsed, unparsed } from "./parsed.ts";

const UNITS: Readonly<Record<string, number>> = { B: 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };
const SIZE = /^(\d{1,15})\s*([A-Za-z]*)$/;

/** Reads a whole number with a unit into bytes. */
export function parseSize(text: string): Parsed<number> {
  const match = SIZE.exec(text.trim());
  const units = `the units are ${Object.keys(UNITS).join(", ")}, as in "64Mi"`;
  if (match === null) return unparsed(`"${text}" is not a size: write a whole number and a unit; ${units}`);
  const [, count = "0", unit = ""] = match;
  const factor = UNITS[unit];
  if (unit === "") return unparsed(`"${text}" has no unit; ${units}`);
  if (factor === undefined) return unparsed(`"${unit}" is not a unit of size; ${units}`);
  const value = Number(count) * factor;
  return Number.isSafeInteger(value) ? parsed(value) : unparsed(`"${text}" is too large`);
}

/** Writes bytes in the largest unit of which there is at least one, with one decimal where it is not whole. */
export function formatSize(bytes: number): string {
  for (const [unit, factor] of Object.entries(UNITS).reverse()) {
    if (bytes >= factor && factor > 1) {
      const tenths = Math.floor((bytes * 10) / factor);
      return tenths % 10 === 0 ? `${tenths / 10}${unit}` : `${Math.floor(tenths / 10)}.${tenths % 10}${unit}`;
    }
  }
  return `${bytes}B`;
}
