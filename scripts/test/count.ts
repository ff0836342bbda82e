// Counts the tests of a stage from what it left behind.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stage, Totals } from "./stage.ts";

/** Totals of a finished stage. Skipped tests count as failed; so does a stage that left no count although it must. */
export async function count(stage: Stage, root: string, output: string): Promise<Totals> {
  if (stage.counting === "vitest") return countVitest(join(root, `.build/test-logs/${stage.name}.json`));
  if (stage.counting === "forge") return lastForgeTotals(output);
  if (stage.counting === "totals") return lastTotals(output);
  return { passed: 1, failed: 0 };
}

/** The last line of the form `N passed, N failed`. */
export function lastTotals(output: string): Totals {
  const found = [...output.matchAll(/^\s*(\d+) passed, (\d+) failed\s*$/gm)].at(-1);
  if (found === undefined) return { passed: 0, failed: 1 };
  return { passed: Number(found[1]), failed: Number(found[2]) };
}

/** The last summary of forge; skipped tests count as failed. */
export function lastForgeTotals(output: string): Totals {
  const found = [...output.matchAll(/: (\d+) tests passed, (\d+) failed, (\d+) skipped \(\d+ total tests\)/g)].at(-1);
  if (found === undefined) return { passed: 0, failed: 1 };
  return { passed: Number(found[1]), failed: Number(found[2]) + Number(found[3]) };
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly numFailedTestSuites: number;
}

async function countVitest(path: string): Promise<Totals> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return { passed: 0, failed: 1 };
  const report: VitestReport = JSON.parse(text);
  const failed = report.numTotalTests - report.numPassedTests;
  // A file that cannot be loaded has no tests, only a failed suite.
  return { passed: report.numPassedTests, failed: failed === 0 && report.numFailedTestSuites > 0 ? 1 : failed };
}
