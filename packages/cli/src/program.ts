// The `starling` command: nouns, verbs and their short top-level aliases.
import { Command } from "commander";
import { addDaemonCommands } from "./commands/daemon.ts";
import { addJobCommands } from "./commands/job.ts";
import { addNodeCommands } from "./commands/node.ts";
import { addReceiptCommands } from "./commands/receipt.ts";
import { addSettleCommands } from "./commands/settle.ts";
import { addTaskCommands } from "./commands/task.ts";

/** All of it, ready to parse. */
export function starlingProgram(): Command {
  const program = new Command("starling")
    .description(
      "A decentralized compute network for AI work: strangers' machines run it, replicas check it, a contract pays for it.",
    )
    .version("0.1.0")
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .showHelpAfterError("(add --help for the options)");
  addJobCommands(program);
  addTaskCommands(program);
  addNodeCommands(program);
  addReceiptCommands(program);
  addSettleCommands(program);
  addDaemonCommands(program);
  return program;
}
