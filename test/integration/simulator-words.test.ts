// The simulator's commands tell a person what they take, and never show him a stack.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../harness/processes.ts";
import { root } from "../harness/test-devnet.ts";

const sim = join(root, "packages/simulator/src/main.ts");
const trust = join(root, "packages/simulator/src/bin/trust.ts");

describe("the simulator's command line", () => {
  test.each([
    ["an unknown option", { program: sim, args: ["--bogus"] }, "Unknown option '--bogus'"],
    ["an option without its value", { program: sim, args: ["--seed"] }, "'--seed <value>' argument missing"],
    ["a number that is none", { program: sim, args: ["--seeds", "many"] }, 'takes a whole number, not "many"'],
    ["a bug that nobody planted", { program: sim, args: ["--bug", "nope"] }, "--bug is one of"],
    [
      "a scheme that there is not",
      { program: trust, args: ["--scheme", "nope"] },
      "--scheme is a part of one of: spot",
    ],
    ["no tasks", { program: trust, args: ["--tasks", "0"] }, "takes a whole number above zero"],
  ])("refuses %s with a sentence", async (_what, { program, args }, words) => {
    const { code, stderr, stdout } = await run(program, args);
    expect(code).toBe(64);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe("");
  });

  test.each([sim, trust])("says how it is used", async (program) => {
    const { code, stdout } = await run(program, ["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("npm run sim");
  });
});
