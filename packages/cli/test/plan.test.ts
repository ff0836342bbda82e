// The plan as people read it names every figure, whom it holds against, and what it does not claim.
import type { JobPlanReport, LevelPlan } from "@starling/sdk";
import { expect, test } from "vitest";
import { planText } from "../src/output/plan.ts";

const level = (name: string, replicas: number, isChosen: boolean): LevelPlan => ({
  level: name,
  isChosen,
  terms: { replicas, auditPpm: 10_000, distinct: ["operator"], valueTimes: 0, compare: {} },
  paidTimes: replicas + 0.01,
  paidTimesToday: replicas + 0.5,
  cost: { low: 100_000n, high: 200_000n },
  budget: 300_000n,
  escape: [
    { colludingPpm: 50_000, odds: 0.0025 },
    { colludingPpm: 100_000, odds: 0.01 },
    { colludingPpm: 200_000, odds: 3.9e-11 },
  ],
  cheater: { price: 10_000n, fine: 1n, gain: -10_000n, gainUnpledged: 10_000n, breakEven: 5_000_000n },
  operators: { found: 5, least: 3, recommended: 20, backing: 2 },
});

const plan: JobPlanReport = {
  name: "sweep",
  tasks: 37,
  perTaskMax: 50_000n,
  budget: 12_000_000n,
  market: {
    workersKnown: 7,
    steps: [
      {
        step: "map",
        tasks: 36,
        workers: 5,
        operators: 5,
        subnets: 1,
        hardwareModels: 1,
        unmet: [{ code: "isReferee", workers: 1, message: "belong to the payer or his referees" }],
      },
      { step: "reduce", tasks: 1, workers: 0, operators: 0, subnets: 0, hardwareModels: 0, unmet: [] },
    ],
    operatorsTotal: 2,
    operators: [
      { operator: "0xa", price: "10000", workers: 1, checksLeft: 0, pledgeFree: "" },
      { operator: "0xb", price: "20000", workers: 1, checksLeft: 0, pledgeFree: "" },
    ],
    referees: 1,
    finalityMs: 5_000n,
    probationChecks: 20,
    canaries: 2,
  },
  levels: [level("quorum", 2, true), level("strong", 3, false)],
  warnings: ["5 operators qualify now"],
};

test("the plan's text", () => {
  const text = planText(plan);
  expect(text).toMatch(
    /^job sweep: 37 tasks \(36 map, 1 reduce\), trust quorum, at most 0\.05 USD a replica, budget 12\.00 USD$/m,
  );
  expect(text).toMatch(/ask 0\.01 USD to 0\.02 USD a task$/m);
  expect(text).toMatch(/^ {2}map: 5 workers of 5 operators in 1 subnet, 1 hardware model$/m);
  expect(text).toMatch(/^ {2}reduce: nobody qualifies$/m);
  expect(text).toMatch(/^ {4}1 of 7 workers belong to the payer .*\[isReferee\]$/m);
  expect(text).toMatch(
    /^quorum \* +2 +1 % +2\.01x +2\.50x +0\.10 USD to 0\.20 USD +0\.30 USD +0\.25 % +1 % +3\.9e-11 +-0\.01 USD +\+0\.01 USD +5 of 20$/m,
  );
  expect(text).toMatch(/^referees of yours: 1;/m);
  expect(planText({ ...plan, market: { ...plan.market, referees: 0 } })).toMatch(/^no referee of yours is here/m);
  const [map] = plan.market.steps;
  const alike = { ...plan.market, steps: map === undefined ? [] : [map, { ...map, step: "reduce", tasks: 1 }] };
  expect(planText({ ...plan, market: alike })).toMatch(/^ {2}reduce: the same$/m);
  expect(text).toMatch(/more than 5\.00 USD/);
  expect(text).toMatch(/^UNPLEDGED .*run once more and paid with that check alone/m);
  expect(text).toMatch(/Not claimed/);
  expect(text).toMatch(/^warning: 5 operators qualify now$/m);
});
