#!/usr/bin/env node
// The command's entry: parses, runs, and turns every failure into words and an exit code.
import { exitCode } from "@starling/protocol";
import { StarlingError } from "@starling/sdk";
import { type Command, CommanderError } from "commander";
import { starlingProgram } from "../program.ts";

function withExitOverride(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) withExitOverride(child);
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const program = starlingProgram();
withExitOverride(program);
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCode.usage;
  else if (error instanceof StarlingError) {
    process.stderr.write(`error: ${error.message} [${error.code}]\n`);
    for (const { field, description } of error.fields)
      process.stderr.write(`  ${field === "" ? "" : `${field}: `}${description}\n`);
    process.exitCode = error.exitCode;
  } else {
    process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = exitCode.failed;
  }
}
