// Small programs that are run for the daemon, one after the other, by a shell that is started once: starting a program holds the event
// loop up until the machine has a core to spare for it, and each container takes a few.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { PROGRAM_PATH } from "../process/program-form.ts";

interface Errand {
  readonly command: string;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

type Shell = ChildProcessByStdio<Writable, Readable, null>;

/** Answers are lines: nothing for a success, else what the program said. */
const QUIET = "ok";

/** Runs programs in the order in which they are asked for. */
export class Errands {
  #shell: Shell | null = null;
  /** Those that were asked for and are not answered, the first first. */
  #waiting: Errand[] = [];

  /** Resolves when the program has succeeded; rejects with what it says. Words are passed on as they are, without line breaks. */
  async run(command: string, ...words: readonly string[]): Promise<void> {
    const line = [command, ...words].map(quoted).join(" ");
    await new Promise<void>((done, failed) => {
      this.#shell ??= this.#start();
      this.#waiting.push({ command, done, failed });
      this.#shell.stdin.write(`said=$(${line} 2>&1 </dev/null) && echo ${QUIET} || echo "$?" $said\n`);
    });
  }

  /** Ends the shell; the next errand starts another one. */
  end(): void {
    this.#shell?.stdin.end();
    this.#shell = null;
  }

  #start(): Shell {
    // In a session of its own: a terminal's signals are for the daemon. It ends with the daemon, whose end closes its input.
    const shell = spawn("/bin/sh", ["-f"], {
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
      cwd: "/",
      env: { PATH: process.env.PATH ?? PROGRAM_PATH },
    });
    let text = "";
    shell.stdout.on("data", (bytes: Buffer) => {
      const lines = (text + bytes).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.#answered(line);
    });
    // Writing to a shell that has just died fails; its end is what tells.
    shell.stdin.on("error", () => undefined);
    shell.once("error", (error) => this.#died(shell, error.message));
    shell.once("close", () => this.#died(shell, "the shell that runs errands has ended"));
    return shell;
  }

  #answered(line: string): void {
    const errand = this.#waiting.shift();
    if (line === QUIET) errand?.done();
    else errand?.failed(new Error(`${errand.command}: ${line}`));
  }

  #died(shell: Shell, message: string): void {
    if (this.#shell !== null && this.#shell !== shell) return;
    this.#shell = null;
    for (const { command, failed } of this.#waiting.splice(0)) failed(new Error(`${command}: ${message}`));
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
