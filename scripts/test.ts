// The test run, locally and on the build machine: `npm test -- [--full] [--list] [--only stage,...]`.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runStage } from "./test/run-stage.ts";
import type { Stage, StageOutcome } from "./test/stage.ts";
import { stages } from "./test/stages.ts";

const TAIL_LINES = 60;
const root = join(import.meta.dirname, "..");

const options = readOptions();
// Tests that have a longer form look for it.
if (options.full) process.env.STARLING_TEST_FULL = "1";
const chosen = choose(stages(options.full), options.only);
if (options.list) {
  for (const stage of chosen) console.log(`${stage.name.padEnd(12)} ${stage.shows}`);
} else {
  process.exitCode = await runAll(chosen);
}

function readOptions(): { full: boolean; list: boolean; only: readonly string[] | null } {
  try {
    const known = { full: { type: "boolean" }, list: { type: "boolean" }, only: { type: "string" } } as const;
    const { values } = parseArgs({ options: known });
    return { full: values.full ?? false, list: values.list ?? false, only: values.only?.split(",") ?? null };
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function choose(all: readonly Stage[], only: readonly string[] | null): readonly Stage[] {
  if (only === null) return all;
  const unknown = only.filter((name) => !all.some((stage) => stage.name === name));
  if (unknown.length > 0) usage(`no such stage: ${unknown.join(", ")}; see --list`);
  return all.filter((stage) => only.includes(stage.name));
}

function usage(message: string): never {
  console.error(message);
  process.exit(64);
}

/** Runs every stage even after a failure, since each tells something new; returns the exit code. */
async function runAll(list: readonly Stage[]): Promise<number> {
  await mkdir(join(root, ".build/test-logs"), { recursive: true });
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const outcomes: StageOutcome[] = [];
  for (const stage of list) {
    const outcome = await runStage(stage, root, stop.signal);
    if (stop.signal.aborted) return 130;
    outcomes.push(outcome);
    console.log(line(outcome));
    if (outcome.failure !== null) await printTail(outcome);
    else await printTold(outcome);
  }
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.totals.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.totals.failed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function line({ stage, totals, elapsedMs, failure }: StageOutcome): string {
  const seconds = `${(elapsedMs / 1_000).toFixed(1)} s`.padStart(8);
  const verdict = failure === null ? "ok" : `FAILED (${failure})`;
  const tests = stage.counting === "check" ? "" : `, ${totals.passed} tests passed`;
  return `${stage.name.padEnd(12)}${seconds}  ${verdict}${tests}  - ${stage.shows}`;
}

async function printTold({ stage, log }: StageOutcome): Promise<void> {
  const { tells } = stage;
  if (tells === undefined) return;
  const output = await readFile(join(root, log), "utf8").catch(() => "");
  for (const text of output.split("\n")) if (tells.some((start) => text.startsWith(start))) console.log(`    ${text}`);
}

async function printTail({ log }: StageOutcome): Promise<void> {
  const output = await readFile(join(root, log), "utf8").catch(() => "");
  const lines = output.trimEnd().split("\n");
  if (lines.length > TAIL_LINES) console.log(`    ... the whole output is in ${log}`);
  for (const text of lines.slice(-TAIL_LINES)) console.log(`    ${text}`);
}
