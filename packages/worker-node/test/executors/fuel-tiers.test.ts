// Fuel is the same in both of the engine's compilers, every time, and for ever.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const REPORT = fileURLToPath(new URL("./fuel-report.ts", import.meta.url));

async function report(...flags: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, ["--no-warnings", ...flags, REPORT], { encoding: "utf8" });
  return stdout.trimEnd().split("\n");
}

test("what programs use and compute is the same, whoever compiled them", async () => {
  const usual = await report();
  expect(usual.length).toBeGreaterThan(25);
  expect(await report()).toEqual(usual);
  expect(await report("--liftoff-only")).toEqual(usual);
  expect(await report("--no-liftoff")).toEqual(usual);
  // A change of the schedule changes these, and must change its name too.
  expect(usual).toContainEqual(expect.stringMatching(/^train: 932817830 completed/));
  expect(usual).toContainEqual(expect.stringMatching(/^copy: 191368 completed/));
  expect(usual).toContainEqual(expect.stringMatching(/^endless-loop: 100000000 failed outOfFuel/));
});
