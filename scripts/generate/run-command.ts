// Runs a program to its end and keeps what it said, for scripts that need one answer.
import { spawn } from "node:child_process";

/** What a finished program left behind. `code` is null when a signal ended it. */
export interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Runs `argv` in `cwd` without a shell or standard input; resolves with its exit code and its whole output. */
export function runCommand(argv: readonly string[], cwd: string): Promise<Finished> {
  const [program, ...rest] = argv;
  if (program === undefined) throw new Error("no program to run");
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output: Buffer.concat(chunks).toString("utf8") }));
  });
}
