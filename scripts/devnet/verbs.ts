// The verbs of `starling devnet`.
import { exitCode } from "@starling/protocol";
import { type Asked, parseDevnetArguments, UsageError, usage } from "./arguments.ts";
import { HomeError } from "./claim-home.ts";
import { ForeignClientFileError } from "./client-file.ts";
import { askFor } from "./daemon-verbs.ts";
import { down } from "./down.ts";
import { InterruptedError } from "./interruption.ts";
import { logs } from "./logs.ts";
import { status } from "./status.ts";
import { up } from "./up.ts";

/** Runs one command line; resolves with the exit code. */
export async function runDevnet(args: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    return await run(parseDevnetArguments(args), signal);
  } catch (error) {
    if (error instanceof InterruptedError) return exitCode.failed;
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof UsageError) {
      process.stderr.write("`starling devnet --help` lists the options\n");
      return exitCode.usage;
    }
    return error instanceof HomeError || error instanceof ForeignClientFileError
      ? exitCode.configuration
      : exitCode.failed;
  }
}

async function run(asked: Asked, signal: AbortSignal): Promise<number> {
  switch (asked.verb) {
    case "help":
      process.stdout.write(usage);
      return exitCode.ok;
    case "up":
      return await up(asked, signal);
    case "status":
      return await status(asked, signal);
    case "down":
      return await down(asked, signal);
    case "start":
    case "stop":
      return await askFor(asked, signal);
    case "logs":
      return await logs(asked, signal);
  }
}
