// Shares as people write them: "5%", "0.5%". Inside they are whole parts per million, since decisions are made without floats.
import { type Parsed, parsed, unparsed } from "./parsed.ts";

const PERCENT = /^(\d{1,3})(?:\.(\d+))?\s*(%?)$/;
/** Decimals of a percentage that parts per million can hold. */
const DECIMALS = 4;

/** Reads "5%" into 50,000 parts per million; what is finer than one part is refused, not rounded. */
export function parsePercent(text: string): Parsed<number> {
  const match = PERCENT.exec(text.trim());
  if (match === null) return unparsed(`"${text}" is not a percentage: write a number and the sign, such as "5%"`);
  const [, whole = "0", fraction = "", sign = ""] = match;
  if (sign === "") return unparsed(`"${text}" has no percent sign: write "${text.trim()}%"`);
  if (fraction.length > DECIMALS) return unparsed(`"${text}" is finer than 0.0001%, the smallest share`);
  const value = Number(whole) * 10 ** DECIMALS + Number(fraction.padEnd(DECIMALS, "0"));
  return value <= 100 * 10 ** DECIMALS ? parsed(value) : unparsed(`"${text}" is more than all of it: 100% is the most`);
}

/** Writes parts per million as a percentage, exactly: 5,000 is "0.5%". */
export function formatPercent(partsPerMillion: number): string {
  const whole = Math.floor(partsPerMillion / 10 ** DECIMALS);
  const rest = partsPerMillion % 10 ** DECIMALS;
  return rest === 0 ? `${whole}%` : `${whole}.${String(rest).padStart(DECIMALS, "0").replace(/0+$/, "")}%`;
}
