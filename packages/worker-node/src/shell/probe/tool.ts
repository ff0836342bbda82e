// Calls a tool that lists GPUs: fixed arguments, an empty environment, and a limit, since a wedged GPU makes its tool hang.
import { execFile } from "node:child_process";

/** What a tool printed, or why it did not: `missing` where it is not installed. */
export type ToolAnswer =
  | { readonly kind: "said"; readonly output: string }
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly reason: string };

/** How to call it. */
export interface ToolCall {
  /** A name is looked up on PATH. */
  readonly command: string;
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  readonly limitMs?: number;
  /** Joins the PATH, which is all that it gets otherwise. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The tools take about a second on a cold driver. */
const LIMIT_MS = 10_000;
const OUTPUT_BYTES_MAX = 4 * 1024 * 1024;
const REASON_LENGTH_MAX = 200;

/** Runs the tool; never rejects. */
export async function callTool({
  command,
  args,
  signal,
  limitMs = LIMIT_MS,
  environment,
}: ToolCall): Promise<ToolAnswer> {
  const options = {
    timeout: limitMs,
    killSignal: "SIGKILL" as const,
    signal,
    maxBuffer: OUTPUT_BYTES_MAX,
    env: { PATH: process.env.PATH ?? "", ...environment },
  };
  return await new Promise((resolve) => {
    execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve({ kind: "said", output: stdout });
      // The search goes on behind a folder that this user may not read, and then ends with that folder's refusal.
      const isSearched = !command.includes("/");
      if (error.code === "ENOENT" || (isSearched && error.code === "EACCES")) return resolve({ kind: "missing" });
      const said = (stderr.trim() === "" ? stdout : stderr).trim().split("\n").at(-1) ?? "";
      const how = error.killed === true ? `gave no answer within ${limitMs / 1_000} s` : said || error.message;
      resolve({ kind: "failed", reason: `${command}: ${how}`.slice(0, REASON_LENGTH_MAX) });
    });
  });
}
