// Money: whole base units of the token (6 decimals) inside, "12 USD" or "0.05 USD" outside. Nothing is rounded unless asked.
import { assert } from "@starling/kernel";
import { limits } from "./limits.ts";
import { type Parsed, parsed, unparsed } from "./parsed.ts";

/** Decimals of the token: one unit is 1,000,000 base units. */
export const amountDecimals = 6;
/** The unit that people write. */
export const amountUnit = "USD";
const UNIT = 10n ** BigInt(amountDecimals);
const AMOUNT = /^(\d{1,30})(?:\.(\d+))?\s*([A-Za-z]*)$/;
const DECIMAL = /^(0|[1-9]\d{0,38})$/;

/** Reads "12 USD" or "0.05 USD" into base units; more decimals than the token has are refused, not rounded. */
export function parseAmount(text: string): Parsed<bigint> {
  const match = AMOUNT.exec(text.trim());
  if (match === null)
    return unparsed(`"${text}" is not an amount: write a number and the unit, such as "12 ${amountUnit}"`);
  const [, whole = "0", fraction = "", unit = ""] = match;
  if (unit === "") return unparsed(`"${text}" has no unit: write "${text.trim()} ${amountUnit}"`);
  if (unit !== amountUnit)
    return unparsed(`"${unit}" is not a unit of money here; the only one is ${amountUnit}, as in "12 ${amountUnit}"`);
  if (fraction.length > amountDecimals)
    return unparsed(`"${text}" is finer than ${formatAmount(1n)}, the smallest amount`);
  const value = BigInt(whole) * UNIT + BigInt(fraction.padEnd(amountDecimals, "0"));
  if (value > limits.amount) return unparsed(`"${text}" is more than the contracts can hold`);
  return parsed(value);
}

/** Writes base units exactly, with at least two decimals: 50000n is "0.05 USD", 1n is "0.000001 USD". */
export function formatAmount(value: bigint): string {
  const sign = value < 0n ? "-" : "";
  const positive = value < 0n ? -value : value;
  const fraction = (positive % UNIT)
    .toString()
    .padStart(amountDecimals, "0")
    .replace(/0{1,4}$/, "");
  return `${sign}${positive / UNIT}.${fraction} ${amountUnit}`;
}

/** Multiplies an amount that is not negative by a fraction, rounded as told. */
export function scaleAmount(
  value: bigint,
  ratio: { numerator: bigint; denominator: bigint },
  rounding: "up" | "down",
): bigint {
  const { numerator, denominator } = ratio;
  assert(value >= 0n && numerator >= 0n && denominator > 0n, "amounts are scaled by a fraction that is not negative");
  const product = value * numerator;
  return rounding === "down" ? product / denominator : (product + denominator - 1n) / denominator;
}

/** Reads base units from a decimal string of a message; null when it is malformed or too large. */
export function parseBaseUnits(text: string): bigint | null {
  if (!DECIMAL.test(text)) return null;
  const value = BigInt(text);
  return value <= limits.amount ? value : null;
}
