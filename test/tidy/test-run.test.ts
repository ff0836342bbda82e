// The test run counts honestly: what is missing, skipped or silent is a failure.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { count, lastForgeTotals, lastTotals } from "../../scripts/test/count.ts";
import { runStage } from "../../scripts/test/run-stage.ts";
import type { Stage } from "../../scripts/test/stage.ts";
import { stages } from "../../scripts/test/stages.ts";

const never = new AbortController().signal;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "test-run-"));
  mkdirSync(join(folder, ".build/test-logs"), { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true }));

function stage(script: string, more: Partial<Stage> = {}): Stage {
  const argv = [process.execPath, "-e", script];
  return { name: "probe", shows: "a probe", needs: [], argv, counting: "check", limitMs: 30_000, ...more };
}

describe("totals", () => {
  test("are read from the last line of their form", () => {
    expect(lastTotals("1 passed, 2 failed\nmore\n  30 passed, 0 failed\nend")).toEqual({ passed: 30, failed: 0 });
    expect(lastTotals("all is well")).toEqual({ passed: 0, failed: 1 });
  });

  test("are read from the summary of forge", () => {
    const summary = "Ran 12 test suites in 2.52s: 113 tests passed, 1 failed, 2 skipped (116 total tests)";
    expect(lastForgeTotals(`${summary.replace("113", "5")}\n${summary}\ncontracts: ok`)).toEqual({
      passed: 113,
      failed: 3,
    });
    expect(lastForgeTotals("No tests found")).toEqual({ passed: 0, failed: 1 });
  });

  test("count a skipped test of Vitest as failed", async () => {
    const report = { numPassedTests: 5, numTotalTests: 6, numFailedTestSuites: 0 };
    writeFileSync(join(folder, ".build/test-logs/probe.json"), JSON.stringify(report));
    const probe = stage("", { counting: "vitest" });
    expect(await count(probe, folder, "")).toEqual({ passed: 5, failed: 1 });
  });
});

describe("a stage", () => {
  test("that ends well counts as one check", async () => {
    const outcome = await runStage(stage(""), folder, never);
    expect(outcome).toMatchObject({ totals: { passed: 1, failed: 0 }, failure: null });
  });

  test("that fails is a failure even when its own count says otherwise", async () => {
    const lying = stage("console.log('9 passed, 0 failed'); process.exit(3)", { counting: "totals" });
    const outcome = await runStage(lying, folder, never);
    expect(outcome).toMatchObject({ totals: { passed: 9, failed: 1 }, failure: "exit 3" });
  });

  test("whose files are missing is a failure", async () => {
    const outcome = await runStage(stage("", { needs: ["not/there.ts"] }), folder, never);
    expect(outcome).toMatchObject({ totals: { passed: 0, failed: 1 }, failure: "missing: not/there.ts" });
  });

  test("that hangs is killed", async () => {
    const outcome = await runStage(stage("setInterval(() => {}, 1000)", { limitMs: 300 }), folder, never);
    expect(outcome.failure).toMatch(/^killed after/);
  });

  test("without a count that it must give is a failure", async () => {
    const silent = await runStage(stage("", { counting: "totals" }), folder, never);
    expect(silent.totals).toEqual({ passed: 0, failed: 1 });
    const noReport = await runStage(stage("", { counting: "vitest" }), folder, never);
    expect(noReport.totals).toEqual({ passed: 0, failed: 1 });
  });
});

describe("the list of stages", () => {
  test("holds every kind of check", () => {
    expect(stages(false).map((each) => each.name)).toEqual([
      "lint",
      "types",
      "layers",
      "dead-code",
      "generated",
      "tidy",
      "unit",
      "simulation",
      "contracts",
      "integration",
      "crash",
      "e2e",
    ]);
  });

  test("runs at least 200 fresh seeds", () => {
    const simulation = () => stages(false).find((each) => each.name === "simulation")?.argv ?? [];
    expect(Number(simulation().at(simulation().indexOf("--seeds") + 1))).toBeGreaterThanOrEqual(200);
    expect(simulation()).not.toEqual(simulation());
  });
});
