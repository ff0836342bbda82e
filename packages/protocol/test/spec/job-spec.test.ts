// From document to spec: what is hashed, what is not, what the least budget is, and what a stranger's spec may not hold.
import {
  artifactsOf,
  budgetProblem,
  canonicalJson,
  contentIdOfBytes,
  filesOf,
  type JobDocument,
  type JobSpec,
  minimumBudget,
  parseJobDocument,
  readJobSpec,
  specHash,
  taskAt,
  toJobSpec,
  usualBudget,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const SWEEP = `
version: 1
run: {wasm: ./train.wasm, args: ["\${item.lr}"], env: {A: "\${index}"}}
inputs: {z: ./z.csv, a: ./a.csv}
each: {matrix: {lr: [0.1, 0.2, 0.3]}}
outputs: {score: score.json}
reduce: {run: {wasm: ./best.wasm}, outputs: {best: best.json}}
`;

function document(text: string): JobDocument {
  const outcome = parseJobDocument(text);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems));
  return outcome.document;
}

function specOf(text: string): JobSpec {
  const parsed = document(text);
  const bytes = (key: string) => new Uint8Array(key.length).fill(key.charCodeAt(key.length - 1) + key.charCodeAt(0));
  return toJobSpec(
    parsed,
    new Map(filesOf(parsed).map(({ key }) => [key, { cid: contentIdOfBytes(bytes(key)), size: key.length }])),
  );
}

describe("the spec", () => {
  const spec = specOf(SWEEP);

  test("names files by content, sorted by name", () => {
    expect(filesOf(document(SWEEP)).map(({ key }) => key)).toEqual(["run", "reduce.run", "inputs.z", "inputs.a"]);
    expect(spec.inputs.map(({ name }) => name)).toEqual(["a", "z"]);
    expect(spec.map.program.name).toBe("program.wasm");
    expect(artifactsOf(spec)).toHaveLength(4);
  });

  test("has the same hash whatever does not affect the result, and another for what does", () => {
    const same = [
      `${SWEEP}name: x\nlabels: {a: b}`,
      `${SWEEP}budget: {max: 5 USD}`,
      `${SWEEP}deadline: 5h\npriority: spare`,
      `${SWEEP}retry: {max: 1}`,
    ];
    for (const text of same) expect(specHash(specOf(text))).toBe(specHash(spec));
    const other = [
      `${SWEEP}seed: 1`,
      `${SWEEP}limits: {fuel: 1000}`,
      `${SWEEP}limits: {nan: canonical}`,
      `${SWEEP}trust: strong`,
      `${SWEEP}timeout: 5s`,
      `${SWEEP}referees: ["0x${"1".repeat(40)}"]`,
    ];
    for (const text of other) expect(specHash(specOf(text))).not.toBe(specHash(spec));
  });

  test("survives JSON, as a coordinator reads it", () => {
    const read = readJobSpec(JSON.parse(canonicalJson(spec)));
    expect(read).toEqual({ ok: true, value: spec });
    expect(read.ok && specHash(read.value)).toBe(specHash(spec));
  });

  test("of a stranger is checked field by field", () => {
    const checkpoint = { bytes: 1, everyMs: 1_000, graceMs: 0 };
    const bad: [Partial<Record<keyof JobSpec, unknown>>, string][] = [
      [{ version: 2 }, "version"],
      [{ trust: "checked" }, "trust: must be spot, quorum, strong"],
      [{ extra: 1 } as object, "the spec"],
      [{ inputs: [...spec.inputs].reverse() }, "sorted by name"],
      [{ inputs: [{ name: "a", cid: "cid:1", size: 1 }] }, "inputs[0].cid"],
      [{ each: { kind: "range", first: 0, last: 1e9 } }, "each"],
      [{ each: { kind: "range", first: 5, last: 1 } }, "each"],
      [{ each: { kind: "single" } }, "map: there is no variable item.lr"],
      [{ map: { ...spec.map, args: ["${nope}"] } }, "map: there is no variable nope"],
      [{ map: { ...spec.map, outputs: [] } }, "reduce: the map step has no outputs"],
      [
        { map: { ...spec.map, outputs: [{ name: spec.inputs[0]?.name, path: "a" }] } },
        "an input and an output are both",
      ],
      [{ map: { ...spec.map, outputs: [{ name: "a", path: "../a" }] } }, "map.outputs[0].path"],
      [{ map: { ...spec.map, limits: { ...spec.map.limits, timeoutMs: 0 } } }, "map.limits.timeoutMs"],
      [{ map: { ...spec.map, runtimeClass: "tpu" } }, "map.runtimeClass"],
      [{ map: { ...spec.map, runtimeClass: "gpu" } }, "map.needs.gpu: classes gpu and gpu-tolerant need a GPU"],
      [
        { map: { ...spec.map, needs: { ...spec.map.needs, gpu: { count: 1, vramBytes: 0, arch: [] } } } },
        "map.needs.gpu: ",
      ],
      [
        { map: { ...spec.map, runtimeClass: "cpu", limits: { ...spec.map.limits, fuel: 5 } } },
        "map: limits.fuel and limits.nan are only for class wasm",
      ],
      [{ map: { ...spec.map, limits: { ...spec.map.limits, checkpoint } } }, "map: only class cpu keeps checkpoints"],
      [
        { map: { ...spec.map, limits: { ...spec.map.limits, checkpoint: { ...checkpoint, everyMs: 0 } } } },
        "map.limits.checkpoint.everyMs",
      ],
      [{ referees: [] }, "referees"],
    ];
    for (const [change, message] of bad) {
      const read = readJobSpec({ ...spec, ...change });
      expect(read.ok ? "" : read.problem).toContain(message);
    }
    expect(readJobSpec(null).ok).toBe(false);
  });

  test("anything at all is refused or read, never thrown on", () => {
    fc.assert(
      fc.property(fc.anything(), (junk) => {
        expect(readJobSpec(junk).ok).toBe(false);
      }),
    );
  });
});

test("answers of different GPUs are compared within bounds that the payer has named for every output", () => {
  const gpu = SWEEP.replace("{wasm: ./train.wasm", "{image: {archive: ./image.tar}").replace(
    "outputs: {score: score.json}",
    "needs: {gpu: {}}\nclass: gpu-tolerant\noutputs: {score: score.json}",
  );
  const exact = specOf(gpu);
  expect(readJobSpec(exact)).toMatchObject({
    ok: false,
    problem: expect.stringContaining("name those of output score"),
  });
  const bounds = { kind: "numeric", format: "json", abs: 0, rel: 1e-3, l2: 0 } as const;
  const trust = { replicas: 2, auditPpm: 100_000, distinct: ["operator"], valueTimes: 0, compare: { score: bounds } };
  expect(readJobSpec({ ...exact, trust })).toMatchObject({ ok: true });
});

test("a process is a program without a suffix, of the class cpu", () => {
  const { map } = specOf(SWEEP.replace("wasm: ./train.wasm", "process: {program: ./train.py}"));
  expect(map).toMatchObject({ runtimeClass: "cpu", program: { name: "program" } });
});

test("a root file system is another file of its step, that the coordinator must hold as well", () => {
  const text = SWEEP.replace("wasm: ./train.wasm", "process: {program: ./train.py, root: ./root.tar.gz}");
  const spec = specOf(text);
  const { root } = spec.map;
  expect(spec.map).toMatchObject({ runtimeClass: "cpu-root", root: { name: "root.tar" } });
  expect(artifactsOf(spec)).toContain(root?.cid);
  expect(readJobSpec(spec)).toEqual({ ok: true, value: spec });
  for (const map of [
    { ...spec.map, root: undefined },
    { ...spec.map, runtimeClass: "cpu" },
  ])
    expect(readJobSpec({ ...spec, map })).toMatchObject({ ok: false, problem: expect.stringContaining("cpu-root") });
  expect(taskAt(spec, 0).root).toEqual(root);
});

test("an image is an archive of the class cpu-image", () => {
  const { map } = specOf(SWEEP.replace("wasm: ./train.wasm", "image: {archive: ./train.tar}"));
  expect(map).toMatchObject({ runtimeClass: "cpu-image", program: { name: "image.tar" } });
});

describe("the least budget", () => {
  test("pays every replica of every task, the reduce task included, and the audits that may be drawn", () => {
    // Four tasks at one percent: one audit with the margin.
    expect(minimumBudget(specOf(SWEEP), 10_000n)).toBe((4n * 2n + 1n) * 10_000n);
    expect(minimumBudget(specOf(`${SWEEP}trust: strong`), 10_000n)).toBe((4n * 3n + 1n) * 10_000n);
    // Few tasks with one replica may all be checked: the workers may all be new.
    expect(minimumBudget(specOf(`${SWEEP}trust: spot`), 10_000n)).toBe(4n * 2n * 10_000n);
  });

  test("has slack for allotments that lie idle where the document names no budget: at most twice, at most 64 leases more", () => {
    expect(usualBudget(specOf(SWEEP), 10_000n)).toBe(2n * minimumBudget(specOf(SWEEP), 10_000n));
    const large = specOf(
      SWEEP.replace("{lr: [0.1, 0.2, 0.3]}", `{lr: [${Array.from({ length: 1_000 }, (_, i) => i + 1).join(", ")}]}`),
    );
    expect(usualBudget(large, 10_000n)).toBe(minimumBudget(large, 10_000n) + 64n * 10_000n);
  });

  test("is said with what is short", () => {
    expect(budgetProblem(specOf(SWEEP), { max: 90_000n, perTask: 10_000n })).toBeNull();
    expect(budgetProblem(specOf(SWEEP), { max: 50_000n, perTask: 10_000n })).toBe(
      "the budget of 0.05 USD is 0.04 USD short of 0.09 USD, (4 tasks x 2 replicas + 1 audit in reserve) x 0.01 USD; what is not spent comes back; raise budget.max or lower budget.perTask",
    );
  });

  test("is never nothing, which would pay nobody", () => {
    expect(budgetProblem(specOf(SWEEP), { max: 0n, perTask: 0n })).toMatch(/0\.00 USD pays nobody/);
  });
});

test("any text is read or refused with a reason, never thrown on", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.string().map((text) => `version: 1\nrun: {wasm: a}\n${text}`),
      ),
      (text) => {
        const outcome = parseJobDocument(text);
        if (!outcome.ok) expect(outcome.problems.length).toBeGreaterThan(0);
      },
    ),
  );
});
