// Canonical NaNs: one form for what arithmetic makes, and nothing else changes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { assemble, f32, f64, i32 } from "../../src/shell/executors/wasm/assembler.ts";
import { Programs } from "../../src/shell/executors/wasm/inside/programs.ts";
import { runProgram } from "../../src/shell/executors/wasm/inside/run-program.ts";
import { FUEL_EXPORT, PAGE_BYTES, rewrite } from "../../src/shell/executors/wasm/rewriter/rewrite.ts";

const LIMITS = { memoryBytes: 4 * PAGE_BYTES, stackBytes: 1024 * 1024, canonicalNans: true };

/** The first words of memory after `_start`. */
function words(code: readonly number[], limits = LIMITS): number[] {
  const result = rewrite(assemble({ functions: [{ code }] }), limits);
  if (!result.ok) throw new Error(result.message);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(result.bytes), {});
  (exports[FUEL_EXPORT] as WebAssembly.Global).value = 1_000_000n;
  (exports._start as () => void)();
  return [...new Uint32Array((exports.memory as WebAssembly.Memory).buffer, 0, 4)];
}

const SINGLE = 0x7fc0_0000;
const DOUBLE = 0x7ff8_0000;
const storeF32 = [0x38, 2, 0];
const storeF64 = [0x39, 3, 0];
const storeVector = [0xfd, 0x0b, 4, 0];
const oddNan = [0x43, 0x01, 0x02, 0x80, 0xff];
const oddDoubleNan = [0x44, 0x03, 0, 0, 0, 0, 0, 0xf4, 0xff];
const splat = [0xfd, 0x13];
const splatDouble = [0xfd, 0x14];

describe("a NaN that arithmetic makes has one form", () => {
  test.each([
    ["0 / 0", [...f32(0), ...f32(0), 0x95]],
    ["the root of -1", [...f32(-1), 0x91]],
    ["a payload that goes through an addition", [...oddNan, ...f32(1), 0x92]],
    ["the same from the other side", [...f32(1), ...oddNan, 0x94]],
    ["a minimum", [...oddNan, ...f32(1), 0x96]],
    ["a rounded one", [...oddNan, 0x8d]],
    ["through several operations", [...f32(0), ...f32(0), 0x95, 0x91, 0x91]],
    ["from a double", [...oddDoubleNan, 0xb6]],
  ])("f32: %s", (_name, code) => {
    expect(words([...i32(0), ...code, ...storeF32])[0]).toBe(SINGLE);
    // Seen as an integer, and by its sign.
    expect(words([...i32(0), ...code, 0xbc, 0x36, 2, 0])[0]).toBe(SINGLE);
    expect(words([...i32(0), ...f32(1), ...code, 0x98, ...storeF32])[0]).toBe(0x3f80_0000);
  });

  test.each([
    ["0 / 0", [...f64(0), ...f64(0), 0xa3]],
    ["a payload that goes through a maximum", [...f64(1), ...oddDoubleNan, 0xa5]],
    ["from a single", [...oddNan, 0xbb]],
  ])("f64: %s", (_name, code) => {
    expect(words([...i32(0), ...code, ...storeF64]).slice(0, 2)).toEqual([0, DOUBLE]);
  });

  test.each([
    ["f32x4", [...f32(0), ...splat, ...f32(0), ...splat, 0xfd, 0xe7, 1], new Array<number>(4).fill(SINGLE)],
    ["f32x4 through two", [...oddNan, ...splat, 0xfd, 0x67, 0xfd, 0xe3, 1], new Array<number>(4).fill(SINGLE)],
    ["f64x2", [...f64(-1), ...splatDouble, 0xfd, 0xef, 1], [0, DOUBLE, 0, DOUBLE]],
  ])("vectors: %s", (_name, code, expected) => {
    expect(words([...i32(0), ...code, ...storeVector])).toEqual(expected);
  });
});

test("what is no result of arithmetic keeps its bits", () => {
  expect(words([...i32(0), ...oddNan, ...storeF32])[0]).toBe(0xff80_0201);
  expect(words([...i32(0), ...f32(1.5), ...f32(2), 0x94, ...storeF32])[0]).toBe(0x4040_0000);
});

test("a program without NaNs computes the same, and uses the same fuel", () => {
  const folder = join(import.meta.dirname, "../../../../examples/digits-sweep");
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
  const ends = [false, true].map((canonicalNans) => {
    const limits = { memoryBytes: 64 * 1024 * 1024, canonicalNans };
    const module = new Programs().get("train", read("train.wasm"), limits);
    const end = runProgram(module, {
      ...{ args: ["--lr", "0.1", "--l2", "0", "--seed", "1"], env: {}, logBytes: 1_000, fuel: Number.MAX_SAFE_INTEGER },
      inputs: [{ name: "digits", bytes: read("digits.csv") }],
      outputs: [{ name: "model", path: "model.bin" }],
      ...{ memoryBytes: limits.memoryBytes, outputBytes: 1024 * 1024, outputFiles: 4 },
      ...{ onProgress: () => undefined, onLog: () => undefined },
    });
    return end.type === "completed" ? { outputs: end.outputs, fuel: end.measure.fuel } : end;
  });
  expect(ends[0]).toHaveProperty("fuel", 932_817_830);
  expect(ends[1]).toEqual(ends[0]);
});
