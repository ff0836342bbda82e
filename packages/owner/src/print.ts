// Answers for people, or for programs with `-o json`.
import { StarlingError } from "@starling/sdk";

/** Prints pairs: aligned lines, or one JSON object. Amounts are given as text. */
export function print(pairs: Readonly<Record<string, string | number | null>>, output: string): void {
  if (output === "json") {
    process.stdout.write(`${JSON.stringify(pairs, null, 2)}\n`);
    return;
  }
  if (output !== "table") throw new StarlingError("invalidArgument", `-o takes table or json, not "${output}"`);
  const shown = Object.entries(pairs).filter(([, value]) => value !== null);
  const width = Math.max(...shown.map(([name]) => name.length));
  for (const [name, value] of shown) process.stdout.write(`${`${name}:`.padEnd(width + 2)}${value}\n`);
}
