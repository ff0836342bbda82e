// Processes of tests: run one to its end, and find those that somebody left behind.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { deadlineMs, within } from "./deadline.ts";

/** How a program ended and what it printed. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What to run it with. */
export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** After so long it is killed, and this rejects. */
  readonly limitMs?: number;
  readonly cwd?: string;
}

/** Runs a TypeScript or JavaScript program to its end. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { environment = {}, limitMs = deadlineMs, cwd } = options;
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...environmentWithoutRunner(), ...environment },
    cwd,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${program} ${args.join(" ")}: still running after ${limitMs} ms\n${stdout}\n${stderr}`));
    }, limitMs);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? (signal === null ? 1 : 128), stdout, stderr });
    });
  });
}

/** This process's environment without what the test runner put there for itself. */
export function environmentWithoutRunner(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...rest } = process.env;
  return rest;
}

/** Ids of living processes whose command line or environment mentions the text, this one left out. Linux only. */
export function processesMentioning(text: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ["cmdline", "environ"].some((file) => contentOf(`/proc/${pid}/${file}`).includes(text)))
    .map(Number);
}

// A process may end while it is looked at, or belong to somebody else.
function contentOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Resolves when none of these processes lives any more. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  if (pids.length === 0) return;
  // The kernel tells nobody but parents; tail watches strangers for us.
  const watch = ["-s", "0.1", ...pids.flatMap((pid) => ["--pid", `${pid}`]), "-f", "/dev/null"];
  const child = spawn("tail", watch, { stdio: "ignore" });
  const gone = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  await within(`end of processes ${pids.join(", ")}`, gone, deadlineMs).finally(() => child.kill("SIGKILL"));
}
