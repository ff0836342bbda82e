// Runs one stage as a process group of its own, with its output in a log file and a bound on its time.
import { spawn } from "node:child_process";
import { open, readFile, rm, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { count } from "./count.ts";
import type { Stage, StageOutcome } from "./stage.ts";

/** Runs the stage to its end. Aborting the signal kills its processes. Never rejects for a failing stage. */
export async function runStage(stage: Stage, root: string, signal: AbortSignal): Promise<StageOutcome> {
  const log = `.build/test-logs/${stage.name}.log`;
  const started = performance.now();
  const done = async (failure: string | null): Promise<StageOutcome> => {
    const output = await readFile(join(root, log), "utf8").catch(() => "");
    const counted = await count(stage, root, output);
    const blamed = failure ?? (counted.failed > 0 ? `${counted.failed} failed or skipped` : null);
    const failed = blamed === null ? 0 : Math.max(counted.failed, 1);
    const passed = stage.counting === "check" && blamed !== null ? 0 : counted.passed;
    return { stage, totals: { passed, failed }, elapsedMs: performance.now() - started, log, failure: blamed };
  };
  await rm(join(root, log), { force: true });
  await rm(join(root, `.build/test-logs/${stage.name}.json`), { force: true });
  for (const path of stage.needs) {
    if ((await stat(join(root, path)).catch(() => null)) === null) return done(`missing: ${path}`);
  }
  return done(await execute(stage, { root, log, signal }));
}

interface Run {
  readonly root: string;
  readonly log: string;
  readonly signal: AbortSignal;
}

async function execute(stage: Stage, { root, log, signal }: Run): Promise<string | null> {
  const file = await open(join(root, log), "w");
  const [name = "", ...rest] = stage.argv;
  const program = name.includes("/") ? name : join(root, "node_modules/.bin", name);
  const path = [dirname(process.execPath), join(root, "node_modules/.bin"), process.env.PATH ?? ""].join(delimiter);
  const env = { ...process.env, PATH: path, CI: "true", NO_COLOR: "1" };
  const child = spawn(program, rest, { cwd: root, env, detached: true, stdio: ["ignore", file.fd, file.fd] });
  const kill = () => killGroup(child.pid);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, stage.limitMs);
  signal.addEventListener("abort", kill);
  const code = await new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (status, cause) => resolve(status ?? `${cause}`));
  });
  clearTimeout(timer);
  signal.removeEventListener("abort", kill);
  kill(); // What the stage left running must not disturb the next one.
  await file.close();
  if (late) return `killed after ${stage.limitMs / 1_000} s`;
  return code === 0 ? null : `exit ${code}`;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of the group is left.
  }
}
