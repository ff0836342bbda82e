#!/usr/bin/env node
// The coordinator's command line: parse, load the configuration, run, exit code.
import {
  ConfigError,
  createLogger,
  errorFields,
  loadConfig,
  optionsHelp,
  printConfig,
  runUntilStopped,
} from "@starling/node-kit";
import { exitCode } from "@starling/protocol";
import { coordinatorOptions } from "../config.ts";
import { printConstants } from "../constants.ts";
import { CoordinatorNode } from "../shell/coordinator-node.ts";

const USAGE = "starling coordinator start [options]";

/** Runs the daemon; resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb !== "start") {
    const isHelp = verb === undefined || verb === "--help" || verb === "help";
    process.stderr.write(
      isHelp
        ? `${USAGE}\n\n${optionsHelp(coordinatorOptions)}\n`
        : `error: "${verb}" is not a verb of coordinator; there is: start\n`,
    );
    return isHelp && verb !== undefined ? exitCode.ok : exitCode.usage;
  }
  const config = loadConfig(coordinatorOptions, { args: rest, environment: process.env });
  if (config.asked === "help") process.stdout.write(`${USAGE}\n\n${optionsHelp(coordinatorOptions)}\n`);
  if (config.asked === "printConfig")
    process.stdout.write(`${printConfig(coordinatorOptions, config)}${printConstants(config.values)}`);
  if (config.asked !== null) return exitCode.ok;
  const { logLevel, logFormat } = config.values;
  const logger = createLogger({
    level: logLevel,
    ...(logFormat === undefined ? {} : { format: logFormat }),
    fields: { daemon: "coordinator" },
  });
  const fail = (error: unknown): void => {
    logger.error("the coordinator stops: it cannot go on", errorFields(error));
    process.exit(FATAL);
  };
  const node = new CoordinatorNode(config.values, { logger, fail });
  return await runUntilStopped(node.services, {
    logger,
    onStarted: () => process.stdout.write(`${JSON.stringify(node.endpoints())}\n`),
  });
}

// EX_SOFTWARE of sysexits: a supervisor starts the daemon again, and it recovers from its journal.
const FATAL = 70;

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (error instanceof ConfigError) for (const problem of error.problems) process.stderr.write(`error: ${problem}\n`);
    else process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof ConfigError ? error.exit : exitCode.failed);
  },
);
