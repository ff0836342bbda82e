// One way to add a verb: common options, a context, and an exit code.
import { StarlingError } from "@starling/sdk";
import type { Command } from "commander";
import { type CommonOptions, Context } from "../context.ts";

/** What a verb does; a returned number is the exit code. */
export type Action = (
  context: Context,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<unknown>;

/** The states that `--state` names. Throws `StarlingError` for one that is not known, which would match nothing. */
export function statesOf(given: unknown, known: readonly string[]): string[] {
  const states = Array.isArray(given) ? given.map(String) : [];
  for (const state of states) {
    if (!known.includes(state))
      throw new StarlingError("invalidArgument", `--state takes ${known.join(", ")}, not "${state}"`);
  }
  return states;
}

/** Adds a verb with the options that all of them take. */
export function command(
  noun: Command,
  usage: string,
  verb: { readonly description: string; readonly run: Action },
): Command {
  const added = noun
    .command(usage)
    .description(verb.description)
    .option("-o, --output <format>", "table, wide, json, jsonl, yaml or name", "table")
    .option("-q, --quiet", "no progress on standard error")
    .option("--home <folder>", "folder of client.json (default: $STARLING_HOME or ~/.starling)")
    .option("--api <host:port>", "the coordinator's API")
    .option("--token-file <file>", "file with the API's token")
    .option("--wallet <file>", "key file of the account that pays")
    .option("--ca-file <file>", "PEM certificates to trust, for an API that is not on this machine");
  added.action(async (...given: unknown[]) => {
    // Commander passes the arguments, then the options, then the command itself.
    const options = given.at(-2) as Readonly<Record<string, unknown>> & CommonOptions;
    const args = given.slice(0, -2).map(String);
    const code = await verb.run(new Context(options), args, options);
    if (typeof code === "number") process.exitCode = code;
  });
  return added;
}
