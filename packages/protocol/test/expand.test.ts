// Lazy decomposition against a plain nested loop.
import {
  type Each,
  itemAt,
  type JobSpec,
  jobIdOf,
  leaseIdOf,
  parseTaskId,
  reduceTask,
  taskAt,
  taskCount,
  taskIdOf,
  taskSpecHash,
  zeroHash,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

type Matrix = Extract<Each, { kind: "matrix" }>;

const matrix: fc.Arbitrary<Matrix> = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
  .chain((sizes) => {
    const axes = sizes.map((size, i) => ({
      name: `axis${i}`,
      values: Array.from({ length: size }, (_, v) => `v${v}`),
    }));
    const entry = fc
      .tuple(...axes.map((axis) => fc.option(fc.constantFrom(...axis.values))))
      .map((picks) => Object.fromEntries(picks.flatMap((pick, i) => (pick === null ? [] : [[`axis${i}`, pick]]))))
      .filter((picked) => Object.keys(picked).length > 0);
    return fc.array(entry, { maxLength: 5 }).map((exclude): Matrix => ({ kind: "matrix", axes, exclude }));
  });

function listed(each: Matrix): Record<string, string>[] {
  let cells: Record<string, string>[] = [{}];
  for (const axis of each.axes)
    cells = cells.flatMap((cell) => axis.values.map((value) => ({ ...cell, [axis.name]: value })));
  return cells.filter(
    (cell) => !each.exclude.some((entry) => Object.entries(entry).every(([name, value]) => cell[name] === value)),
  );
}

describe("each", () => {
  test("a matrix has the cells of a nested loop, first axis slowest, without the excluded ones", () => {
    fc.assert(
      fc.property(matrix, (each) => {
        const cells = listed(each);
        expect(taskCount(each)).toBe(cells.length);
        cells.forEach((cell, i) => {
          expect(itemAt(each, i)).toEqual(
            Object.fromEntries(Object.entries(cell).map(([name, value]) => [`item.${name}`, value])),
          );
        });
        expect(() => itemAt(each, cells.length)).toThrow(/no task/);
      }),
    );
  });

  test("a million cells with excludes are found without being listed", () => {
    const axes = ["a", "b", "c"].map((name) => ({ name, values: Array.from({ length: 100 }, (_, i) => String(i)) }));
    const each: Each = { kind: "matrix", axes, exclude: [{ a: "5" }, { b: "7", c: "9" }, { a: "9", b: "9", c: "9" }] };
    expect(taskCount(each)).toBe(1_000_000 - 10_000 - 99 - 1);
    expect(itemAt(each, 0)).toEqual({ "item.a": "0", "item.b": "0", "item.c": "0" });
    expect(itemAt(each, taskCount(each) - 1)).toEqual({ "item.a": "99", "item.b": "99", "item.c": "99" });
  });

  test("a range counts both ends", () => {
    const each: Each = { kind: "range", first: 3, last: 7 };
    expect(taskCount(each)).toBe(5);
    expect(itemAt(each, 4)).toEqual({ item: "7" });
  });
});

const cid = (digit: string) => `cid:${digit.repeat(64)}` as const;
const step: JobSpec["map"] = {
  runtimeClass: "wasm",
  program: { name: "p.wasm", cid: cid("a"), size: 10 },
  args: ["--lr=${item.lr}", "${index}/${seed}", "$${kept}"],
  env: { AT: "${item.lr}" },
  outputs: [{ name: "score", path: "score.json" }],
  needs: { cpuCores: 1, memoryBytes: 1, diskBytes: 1, gpu: null },
  limits: { timeoutMs: 1000, memoryBytes: 1, outputBytes: 1, logBytes: 1 },
};
const spec: JobSpec = {
  version: 1,
  map: step,
  each: { kind: "matrix", axes: [{ name: "lr", values: ["0.1", "0.2"] }], exclude: [] },
  inputs: [{ name: "data", cid: cid("b"), size: 5 }],
  reduce: { ...step, args: ["${seed}"], env: {} },
  seed: 42,
  trust: "quorum",
};

describe("tasks", () => {
  test("have their variables filled in", () => {
    const task = taskAt(spec, 1);
    expect(task.args).toEqual(["--lr=0.2", "1/42", "${kept}"]);
    expect(task.env).toEqual({ AT: "0.2" });
    expect(task.inputs).toEqual(spec.inputs);
  });

  test("reduce reads the job's inputs, and all outputs by output name and index", () => {
    const result = [{ name: "score", cid: cid("c"), size: 3 }];
    const task = reduceTask(spec, [result, result]);
    expect(task?.inputs.map((input) => input.name)).toEqual(["data", "score/0", "score/1"]);
    expect(task?.args).toEqual(["42"]);
    expect(reduceTask({ ...spec, reduce: null }, [])).toBeNull();
  });

  test("have a hash that any change of program or place changes, and no stray field does", () => {
    const place = { jobId: zeroHash, step: "map", index: 0 };
    const program = taskAt(spec, 0);
    const hash = taskSpecHash(place, program);
    expect(taskSpecHash({ ...place, index: 1 }, program)).not.toBe(hash);
    expect(taskSpecHash({ ...place, step: "reduce" }, program)).not.toBe(hash);
    expect(taskSpecHash(place, taskAt(spec, 1))).not.toBe(hash);
    expect(taskSpecHash(place, { ...program, seed: 1 })).not.toBe(hash);
    expect(taskSpecHash(place, { ...program, limits: { ...program.limits, timeoutMs: 2 } })).not.toBe(hash);
    expect(taskSpecHash(place, { ...program, limits: { ...program.limits, fuel: 2 } })).not.toBe(hash);
    expect(taskSpecHash(place, { ...program, limits: { ...program.limits, nan: "canonical" } })).not.toBe(hash);
    expect(taskSpecHash(place, { ...program, root: program.program })).not.toBe(hash);
    expect(taskSpecHash(place, { ...program, limits: { ...program.limits, fuel: undefined } })).toBe(hash);
    expect(taskSpecHash(place, { ...program, ...{ stray: 1 } })).toBe(hash);
  });

  test("are named by job, step and index", () => {
    const jobId = jobIdOf(`0x${"1".repeat(40)}`, "key");
    const place = { jobId, step: "map", index: 17 };
    expect(parseTaskId(taskIdOf(place))).toEqual(place);
    expect(parseTaskId(`${jobId}/map/01`)).toBeNull();
    expect(parseTaskId("x")).toBeNull();
    expect(jobIdOf(`0x${"1".repeat(40)}`, "other")).not.toBe(jobId);
    expect(leaseIdOf(zeroHash, 1)).not.toBe(leaseIdOf(zeroHash, 2));
  });
});
