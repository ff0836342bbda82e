// `starling worker|coordinator|devnet|wallet|stake`: starts programs of their own and hands them the terminal.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";

/** Programs that the command line starts, relative to this file. */
const programs = {
  worker: new URL("../../../worker-node/src/bin/worker-node.ts", import.meta.url),
  coordinator: new URL("../../../coordinator/src/bin/coordinator.ts", import.meta.url),
  devnet: new URL("../../../../scripts/devnet/main.ts", import.meta.url),
  owner: new URL("../../../owner/src/bin/owner.ts", import.meta.url),
} as const;

/** Adds the nouns whose options belong to another program: everything after the verb is passed on as it is. */
export function addDaemonCommands(program: Command): void {
  passOn(program, {
    noun: "worker",
    description: "Run a worker: start, doctor, identity, status, pause, resume, drain, reclaim, --help",
    target: programs.worker,
  });
  passOn(program, {
    noun: "coordinator",
    description: "Run a coordinator: start, --help",
    target: programs.coordinator,
  });
  passOn(program, {
    noun: "devnet",
    description: "Run a whole network on this machine: up, status, logs, down, --help",
    target: programs.devnet,
  });
  // One program has both nouns, so it is told which.
  passOn(program, {
    noun: "wallet",
    description: "Keys: create, import, list, show, balance, fund, --help",
    target: programs.owner,
    told: ["wallet"],
  });
  passOn(program, {
    noun: "stake",
    description:
      "The money behind your workers: register, add, status, allow, redeem, jury, unbond, stay, withdraw, --help",
    target: programs.owner,
    told: ["stake"],
  });
}

function passOn(
  program: Command,
  {
    noun,
    description,
    target,
    told = [],
  }: {
    readonly noun: string;
    readonly description: string;
    readonly target: URL;
    readonly told?: readonly string[];
  },
): void {
  program
    .command(noun)
    .description(description)
    .allowUnknownOption()
    .helpOption(false)
    .argument("[args...]", "passed on")
    .action(async (args: string[]) => {
      process.exitCode = await runProgram(fileURLToPath(target), [...told, ...args]);
    });
}

/** Becomes a program where Node can do that, else runs it with this terminal: signals reach it, and its exit code is ours. */
function runProgram(path: string, args: readonly string[]): Promise<number> {
  if (typeof process.execve === "function") {
    process.removeAllListeners("warning"); // Node calls this function experimental on every start.
    process.execve(process.execPath, [process.execPath, ...process.execArgv, path, ...args], process.env);
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path, ...args], { stdio: "inherit" });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    // A terminal sends Ctrl-C to the child as well; here it must only not end us before the child.
    const stay = (): void => undefined;
    process.on("SIGTERM", pass);
    process.on("SIGHUP", pass);
    process.on("SIGINT", process.stdin.isTTY ? stay : pass);
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
