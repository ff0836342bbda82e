// Every hand-written case holds, whatever the seed decides about latencies and draws.
import { describe, expect, test, vi } from "vitest";
import { scenarios } from "../src/scenarios/all.ts";
import { enact } from "../src/scenarios/scenario.ts";

// Some play hundreds of tasks.
vi.setConfig({ testTimeout: 240_000 });

// The simulation's own stage plays fresh seeds; here the time of everybody's test run counts.
const SEEDS = process.env.STARLING_TEST_FULL === "1" ? [1, 2, 3] : [1];

describe.each(Object.entries(scenarios))("%s", (_name, scenario) => {
  test.each(SEEDS)(`seed %i: ${scenario.about}`, (seed) => {
    expect(enact(scenario, { seed }).broken).toEqual([]);
  });
});
