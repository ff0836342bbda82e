// Test projects. One worker per core of the smallest machine that we support; no retries: a flaky test is a bug.
import { defineConfig } from "vitest/config";

/** One project; `timeoutMs` is a bound on hanging, not a measurement. */
function project(name: string, include: readonly string[], timeoutMs: number, serial = false) {
  return {
    extends: true as const,
    test: {
      name,
      include: [...include],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      fileParallelism: !serial,
    },
  };
}

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    retry: 0,
    environment: "node",
    passWithNoTests: false,
    allowOnly: false,
    projects: [
      project("unit", ["packages/*/test/**/*.test.ts"], 60_000),
      project("tidy", ["test/tidy/**/*.test.ts"], 120_000),
      project("integration", ["test/integration/**/*.test.ts"], 120_000),
      project("crash", ["test/crash/**/*.test.ts"], 120_000, true),
      project("e2e", ["test/e2e/**/*.test.ts"], 180_000, true),
    ],
  },
});
