// What one stage of the test run is, and what it left behind.

/** Numbers of tests; a check that has no tests of its own counts as one. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

/** How the tests of a stage are counted: from a runner's report, from its own last line of totals, or as one check. */
export type Counting = "vitest" | "forge" | "totals" | "check";

/** One step of the test run. */
export interface Stage {
  readonly name: string;
  /** What it shows, for `--list`. */
  readonly shows: string;
  /** Paths without which the stage cannot run. A missing one is a failure, never a skip. */
  readonly needs: readonly string[];
  /** Program and arguments; a program without a slash is looked for in node_modules/.bin. */
  readonly argv: readonly string[];
  readonly counting: Counting;
  /** Lines of its output that begin so are printed even when all is well. */
  readonly tells?: readonly string[];
  /** A bound on hanging: after it the stage is killed and has failed. */
  readonly limitMs: number;
}

/** What came out of a stage. */
export interface StageOutcome {
  readonly stage: Stage;
  readonly totals: Totals;
  readonly elapsedMs: number;
  readonly log: string;
  /** Why it failed, or null. */
  readonly failure: string | null;
}
