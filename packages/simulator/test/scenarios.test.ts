// Every hand-written case holds, whatever the seed decides about latencies and draws.
import { describe, expect, test } from "vitest";
import { scenarios } from "../src/scenarios/all.ts";
import { enact } from "../src/scenarios/scenario.ts";

const SEEDS = [1, 2, 3];

describe.each(Object.entries(scenarios))("%s", (_name, scenario) => {
  test.each(SEEDS)(`seed %i: ${scenario.about}`, (seed) => {
    expect(enact(scenario, { seed }).broken).toEqual([]);
  });
});
