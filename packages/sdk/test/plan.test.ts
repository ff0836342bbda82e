// What a plan says of each level, computed from what a coordinator tells of its workers.
import { type JobSpec, keccakText, trustTerms } from "@starling/protocol";
import type { PlanJobResponse } from "@starling/protocol/rpc";
import { describe, expect, test } from "vitest";
import { levelPlans, planWarnings } from "../src/index.ts";

const step: JobSpec["map"] = {
  runtimeClass: "wasm",
  program: { name: "program.wasm", cid: `cid:${keccakText("program").slice(2)}`, size: 1 },
  args: [],
  env: {},
  outputs: [{ name: "out", path: "out" }],
  needs: { cpuCores: 1, memoryBytes: 1, diskBytes: 1, gpu: null },
  limits: { timeoutMs: 1_000, memoryBytes: 1, outputBytes: 1, logBytes: 1 },
};
const spec = (trust: JobSpec["trust"], tasks = 1_000): JobSpec => ({
  version: 1,
  map: step,
  each: { kind: "range", first: 1, last: tasks },
  inputs: [],
  reduce: null,
  seed: 1,
  trust,
});

function market(operators: number, row: Partial<PlanJobResponse["operators"][number]> = {}): PlanJobResponse {
  return {
    workersKnown: operators,
    steps: [
      { step: "map", tasks: 1_000, workers: operators, operators, subnets: operators, hardwareModels: 1, unmet: [] },
    ],
    operatorsTotal: operators,
    operators: Array.from({ length: operators }, (_, i) => ({
      operator: `0x${keccakText(String(i)).slice(26)}`,
      price: String(10_000 + i * 1_000),
      workers: 1,
      checksLeft: 0,
      pledgeFree: "",
      ...row,
    })),
    referees: 1,
    finalityMs: 5_000n,
    probationChecks: 20,
    canaries: 2,
  };
}

const perTaskMax = 50_000n;
const planOf = (trust: JobSpec["trust"], there: PlanJobResponse) =>
  levelPlans(spec(trust), { market: there, perTaskMax });
const warningsOf = (trust: JobSpec["trust"], there: PlanJobResponse, budget = 10n ** 12n) =>
  planWarnings({ name: "job", tasks: 1_000, perTaskMax, budget, market: there, levels: planOf(trust, there) });

describe("levels", () => {
  test("are the three, the chosen one marked, and custom trust beside them", () => {
    expect(planOf("quorum", market(60)).map(({ level, isChosen }) => [level, isChosen])).toEqual([
      ["spot", false],
      ["quorum", true],
      ["strong", false],
    ]);
    const custom = { ...trustTerms("strong"), replicas: 6 };
    const own = planOf(custom, market(60)).at(-1);
    expect(own).toMatchObject({ level: "custom", isChosen: true, operators: { found: 60, least: 7, recommended: 50 } });
    expect(own?.escape[1]).toEqual({ colludingPpm: 100_000, odds: expect.closeTo(0.991e-6, 12) });
  });

  test("cost what the cheapest distinct operators ask, up to the dearest for all that may be audited", () => {
    const [spot, quorum] = planOf("spot", market(3));
    expect(spot).toMatchObject({ paidTimes: 1.04, cost: { low: 10_400_000n } });
    expect(spot?.paidTimesToday).toBeCloseTo(1.04 + 0.00192, 9);
    expect(quorum).toMatchObject({ paidTimes: 2.01, paidTimesToday: 2.01 });
    expect(quorum?.cost).toEqual({ low: 21_000_000n + 100_000n, high: 24_120_000n });
  });

  test("newcomers make spot dearer, operators without enough pledge as dear as two replicas", () => {
    const [probation] = planOf("spot", market(10, { checksLeft: 20 }));
    expect(probation?.paidTimesToday).toBeCloseTo((1_000 + 202 + 798 * 0.04) / 1_000, 9);
    const [short] = planOf("spot", market(10, { pledgeFree: "0" }));
    expect(short?.paidTimesToday).toBe(2);
    expect(planOf("quorum", market(10, { pledgeFree: "0" }))[1]?.paidTimesToday).toBe(2.01);
  });

  test("with replicas, what strangers alone stand behind is run once more by whoever has pledged", () => {
    const there = market(10, { pledgeFree: "0" });
    const [rich, ...poor] = there.operators;
    const backed = { ...there, operators: [{ ...rich, pledgeFree: "1000000" }, ...poor] } as PlanJobResponse;
    const [, quorum, strong] = planOf("quorum", backed);
    // Nine of ten strangers: both replicas fall on them in 9/10 of 8/9 of all tasks.
    expect(quorum?.paidTimesToday).toBeCloseTo(2 + 0.8 + 0.2 * 0.01, 9);
    expect(strong?.paidTimesToday).toBeCloseTo(3 + 0.7 + 0.3 * 0.01, 9);
    expect(quorum?.operators.backing).toBe(1);
    expect(planOf("quorum", market(10))[1]).toMatchObject({ paidTimesToday: 2.01, operators: { backing: 10 } });
  });

  test("a cheater with a pledge loses, one without is paid for what an accomplice confirms", () => {
    for (const { cheater } of planOf("quorum", market(5))) {
      expect(cheater?.gain).toBeLessThan(0n);
      expect(cheater?.gainUnpledged).toBe((cheater?.price ?? 0n) / 10n);
      expect(cheater?.breakEven).toBeGreaterThan(0n);
    }
  });

  test("where nobody has pledged, replicas of strangers are paid at once, and spot is not", () => {
    const [spot, quorum, strong] = planOf("quorum", market(5, { pledgeFree: "0" }));
    expect(spot?.cheater?.gainUnpledged).toBe((spot?.cheater?.price ?? 0n) / 10n);
    for (const level of [quorum, strong]) expect(level?.cheater?.gainUnpledged).toBe(level?.cheater?.price);
  });

  test("cannot be priced or tempted where nobody qualifies", () => {
    const [spot, quorum] = planOf("spot", market(1));
    expect([spot?.cost?.low, quorum?.cost]).toEqual([10_400_000n, null]);
    expect(planOf("spot", market(0))[0]).toMatchObject({ cost: null, cheater: null, paidTimesToday: 1.04 });
  });
});

describe("warnings", () => {
  test("none for enough operators", () => {
    expect(warningsOf("spot", market(2))).toEqual([]);
    expect(warningsOf("quorum", market(20))).toEqual([]);
    expect(warningsOf("strong", market(50))).toEqual([]);
  });

  test.each([
    ["quorum", 0, /no operator qualifies now and quorum needs 2/],
    ["quorum", 1, /one operator qualifies now and quorum needs 2 .* waits/],
    ["quorum", 2, /no other operator is left to audit/],
    ["quorum", 5, /5 operators qualify .* 20 or more: one of them alone is 20 %/],
    ["strong", 20, /50 or more: one of them alone is 5 %/],
    ["spot", 1, /no other operator is left to audit/],
  ] as const)("%s with %d operators", (trust, operators, words) => {
    const [first, ...more] = warningsOf(trust, market(operators));
    expect(first).toMatch(words);
    expect(more).toEqual([]);
  });

  test("say where nobody has pledged to stand behind agreeing strangers", () => {
    const words = /none of them has pledged enough .* quorum/;
    expect(warningsOf("quorum", market(20, { pledgeFree: "0" }))).toEqual([expect.stringMatching(words)]);
    // The fine of a result that is certainly checked: twice the price over nine tenths.
    expect(warningsOf("quorum", market(20, { pledgeFree: "100000" }))).toEqual([]);
    expect(warningsOf("spot", market(20, { pledgeFree: "0" }))).toEqual([]);
  });

  test("say where replicas would share a subnet, and where the budget is too small for the asks", () => {
    const there = market(60);
    const oneSubnet = { ...there, steps: there.steps.map((one) => ({ ...one, subnets: 1 })) };
    expect(warningsOf("strong", oneSubnet)).toEqual([expect.stringMatching(/one subnet.* prefers 3/)]);
    expect(warningsOf("quorum", oneSubnet)).toEqual([]);
    expect(warningsOf("quorum", there, 1n)).toEqual([expect.stringMatching(/budget/)]);
  });
});
