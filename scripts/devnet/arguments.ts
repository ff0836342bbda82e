// The command line of `starling devnet`.
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { behaviourNames, isBehaviour } from "@starling/worker-node/behaviours";
import type { Part } from "./cast.ts";
import { workersMax } from "./places.ts";

/** A parsed command line. */
export type Asked =
  | { readonly verb: "help" }
  | ({ readonly verb: "up" } & UpOptions)
  | { readonly verb: "status"; readonly home: string; readonly format: Format }
  | { readonly verb: "down"; readonly home: string }
  | { readonly verb: "start" | "stop"; readonly home: string; readonly name: string }
  | { readonly verb: "logs"; readonly home: string; readonly name: string | null; readonly follow: boolean };

/** Options of `up`. */
export interface UpOptions {
  readonly home: string;
  readonly workers: number;
  /** How many workers misbehave, by behaviour; they are drawn at random. */
  readonly parts: readonly Part[];
  readonly referee: boolean;
  readonly separateBootstrap: boolean;
  readonly noChain: boolean;
  readonly detach: boolean;
  /** After so long it ends by itself; null for never. */
  readonly minutes: number | null;
  readonly format: Format;
}

export type Format = "table" | "json";

/** The command line makes no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const usage = `starling devnet up [options]       start a network on this machine
starling devnet status [options]   show it
starling devnet logs [NAME] [-f]   print a daemon's log, or all of them; -f goes on
starling devnet stop NAME          stop one daemon
starling devnet start NAME         start a daemon again that has ended, with its data
starling devnet down [options]     stop it all

Options of up:
  --workers N          workers, each of an operator of its own (1 to ${workersMax}; default 5)
  --behaviour LIST     how many of them misbehave, drawn at random, as in liar=1,sleeper:20=2. There are
                       ${behaviourNames.slice(0, 6).join(", ")},
                       ${behaviourNames.slice(6).join(", ")}
  --liars N            the same as --behaviour liar=N
  --no-referee         without the payer's own worker, which rules when replicas disagree
  --bootstrap WHO      where workers start from: coordinator (default), or separate for a node of its own
  --no-chain           without a chain: books and signed receipts, and nobody is paid by a contract
  --detach             go on in the background
  --for MINUTES        end by itself after so long

Options of all:
  --home DIR           where everything lies (default: $STARLING_HOME or ~/.starling)
  -o, --output FORMAT  table (default) or json
`;

const options = {
  workers: { type: "string", default: "5" },
  liars: { type: "string", default: "0" },
  behaviour: { type: "string", default: "" },
  "no-referee": { type: "boolean", default: false },
  bootstrap: { type: "string", default: "coordinator" },
  "no-chain": { type: "boolean", default: false },
  detach: { type: "boolean", default: false },
  for: { type: "string" },
  home: { type: "string" },
  output: { type: "string", short: "o", default: "table" },
  follow: { type: "boolean", short: "f", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Reads it; throws `UsageError`. */
export function parseDevnetArguments(args: readonly string[]): Asked {
  const { values, positionals } = parsed(args);
  const [verb, name = null, ...rest] = positionals;
  if (values.help || verb === "help") return { verb: "help" };
  const takesName = verb === "logs" || verb === "start" || verb === "stop";
  if (rest.length > 0 || (name !== null && !takesName))
    throw new UsageError(`"${rest[0] ?? name}" is not expected here`);
  const home = resolve(values.home ?? process.env.STARLING_HOME ?? join(homedir(), ".starling"));
  const format = choice("-o", values.output, ["table", "json"] as const);
  switch (verb) {
    case "up":
      return { verb, home, format, ...upOptions(values) };
    case "status":
      return { verb, home, format };
    case "down":
      return { verb, home };
    case "start":
    case "stop":
      if (name === null) throw new UsageError(`say which daemon to ${verb}; \`starling devnet status\` lists them`);
      return { verb, home, name };
    case "logs":
      return { verb, home, name, follow: values.follow };
    case undefined:
      throw new UsageError("say what to do: up, status, logs, start, stop or down");
    default:
      throw new UsageError(`"${verb}" is not a verb of devnet; there are up, status, logs, start, stop and down`);
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function upOptions(values: ReturnType<typeof parsed>["values"]): Omit<UpOptions, "home" | "format"> {
  const workers = count("--workers", values.workers, { least: 1, most: workersMax });
  return {
    workers,
    parts: partsOf(values, workers),
    referee: !values["no-referee"],
    separateBootstrap: choice("--bootstrap", values.bootstrap, ["coordinator", "separate"] as const) === "separate",
    noChain: values["no-chain"],
    detach: values.detach,
    minutes: values.for === undefined ? null : count("--for", values.for, { least: 1, most: 9_999 }),
  };
}

function partsOf(
  { liars, behaviour }: { readonly liars: string; readonly behaviour: string },
  workers: number,
): Part[] {
  const lying = count("--liars", liars, { least: 0, most: workers });
  const parts = lying === 0 ? [] : [{ behaviour: "liar", count: lying }];
  for (const text of behaviour === "" ? [] : behaviour.split(",")) {
    const [name = "", number = "1", ...rest] = text.split("=");
    if (!isBehaviour(name) || rest.length > 0)
      throw new UsageError(
        `--behaviour takes a list such as liar=1,sleeper:20=2 of ${behaviourNames.join(", ")}, not "${text}"`,
      );
    parts.push({ behaviour: name, count: count(`--behaviour ${name}`, number, { least: 0, most: workers }) });
  }
  const all = parts.reduce((sum, part) => sum + part.count, 0);
  if (all > workers) throw new UsageError(`${all} are to misbehave, and there are ${workers} workers`);
  return parts;
}

function count(flag: string, text: string, { least, most }: { readonly least: number; readonly most: number }): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new UsageError(`${flag} takes a number from ${least} to ${most}, not "${text}"`);
  return value;
}

function choice<const T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found === undefined) throw new UsageError(`${flag} takes ${choices.join(" or ")}, not "${text}"`);
  return found;
}
