// Test projects. One worker per core of the smallest machine that we support; no retries: a flaky test is a bug.
import { defineConfig } from "vitest/config";

interface Project {
  readonly name: string;
  readonly include: string;
  /** A bound on hanging, not a measurement. */
  readonly timeoutMs: number;
}

function project({ name, include, timeoutMs }: Project) {
  return {
    extends: true as const,
    test: {
      name,
      include: [include],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
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
      project({ name: "unit", include: "packages/*/test/**/*.test.ts", timeoutMs: 60_000 }),
      project({ name: "tidy", include: "test/tidy/**/*.test.ts", timeoutMs: 120_000 }),
      project({ name: "integration", include: "test/integration/**/*.test.ts", timeoutMs: 120_000 }),
      project({ name: "crash", include: "test/crash/**/*.test.ts", timeoutMs: 400_000 }),
      project({ name: "e2e", include: "test/e2e/**/*.test.ts", timeoutMs: 180_000 }),
    ],
  },
});
