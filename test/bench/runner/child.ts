// One benchmark in a process of its own: started, bounded in time, and gone with everything that it started.
import { fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Benchmark, Figure } from "../figure.ts";

/** What the child says. */
export type Said =
  | { readonly type: "progress"; readonly text: string }
  | { readonly type: "figures"; readonly figures: readonly Figure[] }
  | { readonly type: "failed"; readonly message: string };

/** What became of a benchmark. */
export interface Result {
  readonly name: string;
  readonly elapsedMs: number;
  readonly figures: readonly Figure[];
  /** Null when it ended well. */
  readonly failure: string | null;
}

/** The child's first argument, followed by the name of the benchmark. */
export const childFlag = "--run-one";

/** Time for an orderly end after the benchmark was told to stop. */
const stopMs = 20_000;

/** How the parent follows along. */
export interface Follow {
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Runs the benchmark in a child; never rejects. */
export async function runInChild({ name, limitMs, nodeFlags = [] }: Benchmark, follow: Follow): Promise<Result> {
  const startedAt = performance.now();
  const flags = ["--disable-warning=ExperimentalWarning", "--expose-gc", ...nodeFlags];
  const child = fork(join(import.meta.dirname, "..", "main.ts"), [childFlag, name], {
    execArgv: flags,
    // Its output is progress too; standard output is for the table.
    stdio: ["ignore", 2, 2, "ipc"],
  });
  let figures: readonly Figure[] = [];
  let failure: string | null = null;
  child.on("message", (said: Said) => {
    if (said.type === "progress") follow.say(said.text);
    else if (said.type === "figures") figures = said.figures;
    else failure ??= said.message;
  });
  const late = AbortSignal.timeout(limitMs);
  const stop = AbortSignal.any([follow.signal, late]);
  let killing: NodeJS.Timeout | undefined;
  const end = (): void => {
    failure ??= late.aborted ? `stopped after ${limitMs / 1_000} s` : "stopped";
    child.kill("SIGTERM");
    killing = setTimeout(() => child.kill("SIGKILL"), stopMs);
  };
  stop.addEventListener("abort", end, { once: true });
  if (stop.aborted) end();
  const how = await new Promise<string | null>((settle) => {
    child.once("error", (error) => settle(error.message));
    child.once("exit", (code, signal) => settle(code === 0 ? null : `ended with ${signal ?? code}`));
  });
  stop.removeEventListener("abort", end);
  clearTimeout(killing);
  return { name, elapsedMs: performance.now() - startedAt, figures, failure: failure ?? how };
}

/** The child's side: measures and reports. Resolves to the exit code. */
export async function runAsChild(benchmark: Benchmark, signal: AbortSignal): Promise<number> {
  const tell = (said: Said): Promise<void> =>
    new Promise((settle) =>
      process.send === undefined ? settle() : process.send(said, undefined, {}, () => settle()),
    );
  const parent = resolve(import.meta.dirname, "../../../.build/bench");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, `${benchmark.name}-`));
  const say = (text: string): void => void tell({ type: "progress", text });
  try {
    const { measure } = await benchmark.load();
    await tell({ type: "figures", figures: await measure({ signal, folder, say }) });
    return 0;
  } catch (error) {
    await tell({ type: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
