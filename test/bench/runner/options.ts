// The command line of the benchmarks.
import { parseArgs } from "node:util";

/** What was asked for. */
export interface Options {
  /** Names of benchmarks; null runs all. */
  readonly only: readonly string[] | null;
  /** Prints the JSON instead of the table. */
  readonly json: boolean;
  readonly help: boolean;
}

/** The command line makes no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const options = {
  only: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Reads it; throws `UsageError`. */
export function parseOptions(args: readonly string[], known: readonly string[]): Options {
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const only = values.only?.split(",").map((name) => name.trim()) ?? null;
  const unknown = only?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no benchmark "${unknown}"; there are ${known.join(", ")}`);
  return { only, json: values.json, help: values.help };
}

/** Help for people. */
export function usage(known: readonly string[]): string {
  return `npm run bench -- [--only NAME,...] [--json]

Prints what was measured beside the goals and what others reach, and writes .build/bench.json.
Nothing is asserted. Benchmarks: ${known.join(", ")}
`;
}
