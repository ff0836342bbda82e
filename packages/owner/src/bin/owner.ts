#!/usr/bin/env node
// The owner's entry: parses, runs, and turns every failure into words and an exit code.
import { ConfigError, OwnerError, RpcError } from "@starling/node-kit";
import { exitCode } from "@starling/protocol";
import { StarlingError } from "@starling/sdk";
import { type Command, CommanderError } from "commander";
import { ownerProgram } from "../program.ts";

function withExitOverride(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) withExitOverride(child);
}

/** Exit codes as everywhere: what a person can mend on his side is a configuration. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof StarlingError ? ` [${error.code}]` : "";
  process.stderr.write(`error: ${text}${code}\n`);
  if (error instanceof StarlingError) return error.exitCode;
  if (error instanceof ConfigError) return error.exit;
  return error instanceof OwnerError || error instanceof RpcError ? exitCode.paymentFailed : exitCode.failed;
}

const program = ownerProgram();
withExitOverride(program);
program.parseAsync(process.argv).then(
  // The chain's node keeps its connection alive for a while, which nobody waits for.
  () => process.exit(exitCode.ok),
  (error: unknown) => process.exit(report(error)),
);
