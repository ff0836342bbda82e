// `starling wallet` and `starling stake`: what owners of keys and stakes do, and daemons never need to.
import { Command } from "commander";
import { addStakeCommands } from "./commands/stake.ts";
import { addWalletCommands } from "./commands/wallet.ts";

/** Both nouns, ready to parse. */
export function ownerProgram(): Command {
  const program = new Command("starling")
    .description("Keys, and the stake that stands behind an operator's workers")
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .showHelpAfterError("(add --help for the options)");
  addWalletCommands(program);
  addStakeCommands(program);
  return program;
}
