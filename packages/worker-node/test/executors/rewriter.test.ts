// The rewriter keeps what programs compute, ends recursion at one depth, and refuses what it doesn't know.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assemble,
  type FunctionSource,
  f64,
  i32,
  i64,
  indexed,
  TYPE,
} from "../../src/shell/executors/wasm/assembler.ts";
import { Reader } from "../../src/shell/executors/wasm/rewriter/reader.ts";
import { FUEL_EXPORT, PAGE_BYTES, rewrite, STACK_EXPORT } from "../../src/shell/executors/wasm/rewriter/rewrite.ts";
import { Writer } from "../../src/shell/executors/wasm/rewriter/writer.ts";
import { copyProgram } from "./programs.ts";

const LIMITS = { memoryBytes: 4 * PAGE_BYTES, stackBytes: 1024 * 1024 };
/** More than any of these programs can use. */
const FUEL = 2n ** 50n;
const EXAMPLES = join(import.meta.dirname, "../../../../examples");

const get = (local: number): number[] => indexed(0x20, local);
const set = (local: number): number[] => indexed(0x21, local);
const call = (index: number): number[] => indexed(0x10, index);

function rewritten(bytes: Uint8Array, limits = LIMITS): Uint8Array {
  const result = rewrite(bytes, limits);
  if (!result.ok) throw new Error(`${result.reason}: ${result.message}`);
  return result.bytes;
}

/** Runs `_start` of a module without imports and returns its memory's first words and what is left of the stack. */
function observe(bytes: Uint8Array): { words: number[]; trapped: boolean; left: unknown } {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
  const { memory, _start: start, [STACK_EXPORT]: left, [FUEL_EXPORT]: fuel } = instance.exports;
  if (fuel !== undefined) (fuel as WebAssembly.Global).value = FUEL;
  let trapped = false;
  try {
    (start as () => void)();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    trapped = true;
  }
  const words = [...new Uint32Array((memory as WebAssembly.Memory).buffer, 0, 32)];
  return { words, trapped, left: (left as WebAssembly.Global | undefined)?.value };
}

/** Calls function 0 with 0, 1, 2, ... and stores each result. */
function table(body: FunctionSource, results = 1): Uint8Array {
  const code: number[] = [];
  const locals = Array.from({ length: results }, () => TYPE.i32);
  for (let i = 0; i < 8; i += 1) {
    code.push(...i32(i), ...call(0));
    for (let r = results - 1; r >= 0; r -= 1) code.push(...set(r));
    for (let r = 0; r < results; r += 1) code.push(...i32(4 * (i * results + r)), ...get(r), 0x36, 2, 0);
  }
  return assemble({ functions: [body, { locals, code }] });
}

// A call of itself with a constant that ends it at once, so that the function is not a leaf and gets its counting.
const shallow = (parameter: number[]): number[] => [...parameter, ...call(0)];

describe("what a program computes stays the same", () => {
  const word = TYPE.i32;
  const cases: [string, Uint8Array][] = [
    [
      "returns out of nested blocks",
      table({
        parameters: [word],
        results: [word],
        code: [
          ...[...get(0), 0x45, 0x04, 0x40, ...i32(100), 0x0f, 0x0b],
          ...[0x02, 0x40, 0x03, 0x40, ...get(0), ...i32(3), 0x46, 0x04, 0x40, ...i32(333), 0x0f, 0x0b],
          ...[...get(0), ...i32(5), 0x4a, 0x0d, 1, 0x0b, 0x0b],
          ...[...shallow(i32(0)), ...get(0), 0x6a],
        ],
      }),
    ],
    [
      "branches to the function's own label",
      table({
        parameters: [word],
        results: [word],
        code: [
          ...[...i32(7), ...get(0), ...i32(2), 0x46, 0x0d, 0, 0x1a],
          ...[0x02, 0x40, ...i32(9), ...get(0), ...i32(4), 0x46, 0x0d, 1, 0x1a, 0x0b],
          ...[...get(0), 0x45, 0x04, 0x40, ...i32(1), 0x0f, 0x0b, ...shallow(i32(0)), ...get(0), 0x6a],
        ],
      }),
    ],
    [
      "a branch table with the function's label among its targets",
      table({
        parameters: [word],
        results: [word],
        code: [
          ...[...get(0), 0x45, 0x04, 0x40, ...i32(1), 0x0f, 0x0b],
          ...[0x02, 0x7f, 0x02, 0x7f, ...shallow(i32(0)), ...get(0), 0x0e, 2, 0, 1, 2, 0x0b, ...i32(10), 0x6a, 0x0b],
          ...[...i32(20), 0x6a],
        ],
      }),
    ],
    [
      "several results",
      table(
        {
          parameters: [word],
          results: [word, word, word],
          code: [
            ...[...get(0), 0x45, 0x04, 0x40, ...i32(1), ...i32(2), ...i32(3), 0x0f, 0x0b],
            ...[...shallow(i32(0)), 0x6a, ...get(0)],
          ],
        },
        3,
      ),
    ],
    [
      "unreachable code after a return",
      table({
        parameters: [word],
        results: [word],
        code: [...get(0), 0x45, 0x04, 0x40, ...i32(5), 0x0f, 0x0b, ...shallow(i32(0)), 0x0f, 0x6a, 0x6a, 0x1a, 0x00],
      }),
    ],
    [
      "numbers of all types among the locals",
      table({
        parameters: [word],
        results: [word],
        locals: [TYPE.i64, TYPE.f64, TYPE.f32],
        code: [
          ...[...get(0), 0x45, 0x04, 0x40, ...i32(1), 0x0f, 0x0b],
          ...[...i64(-5n), ...set(1), ...f64(2.5), ...set(2), ...get(2), 0xb6, ...set(3)],
          ...[...shallow(i32(0)), ...get(1), 0xa7, 0x6a, ...get(3), 0xbb, 0xaa, 0x6a, ...get(0), 0x6a],
        ],
      }),
    ],
  ];
  test.each(cases)("%s", (_name, original) => {
    const before = observe(original);
    const after = observe(rewritten(original));
    expect(before.trapped).toBe(false);
    expect(new Set(before.words).size).toBeGreaterThan(1);
    expect(after.words).toEqual(before.words);
    // Everything that was taken has been given back, whichever way a function was left.
    expect(after.left).toBe(LIMITS.stackBytes);
  });
});

describe("the depth limit", () => {
  // Counts its depth in memory, then goes deeper.
  const count = [...i32(0), ...i32(0), 0x28, 2, 0, ...i32(1), 0x6a, 0x36, 2, 0];
  const endless = assemble({ functions: [{ code: [...count, ...call(0)] }, { code: call(0) }] });

  test("ends recursion at the same depth cold and optimised", () => {
    const bytes = rewritten(endless);
    const module = new WebAssembly.Module(bytes);
    const depths = new Set<number>();
    for (let i = 0; i < 300; i += 1) {
      const { memory, _start: start, [FUEL_EXPORT]: fuel } = new WebAssembly.Instance(module, {}).exports;
      (fuel as WebAssembly.Global).value = FUEL;
      expect(start).toThrow(WebAssembly.RuntimeError);
      depths.add(new Uint32Array((memory as WebAssembly.Memory).buffer)[0] ?? 0);
    }
    expect(depths.size).toBe(1);
    expect([...depths][0]).toBeGreaterThan(1_000);
  });

  test("shows an overflow, and no other trap, as a negative rest", () => {
    expect(observe(rewritten(endless))).toMatchObject({ trapped: true });
    expect(observe(rewritten(endless)).left).toBeLessThan(0);
    const trap = observe(rewritten(assemble({ functions: [{ code: [0x00] }, { code: call(0) }] })));
    expect(trap.trapped).toBe(true);
    expect(trap.left).toBeGreaterThan(0);
  });

  test("leaves a small function without calls as it is, but for its fuel", () => {
    const leaf = { parameters: [TYPE.i32], results: [TYPE.i32], code: [...get(0), ...i32(1), 0x6a] };
    const bytes = assemble({ functions: [leaf, { code: [...i32(1), ...call(0), 0x1a] }] });
    const text = Buffer.from(rewritten(bytes)).toString("hex");
    expect(text).toContain(Buffer.from([...get(0), ...i32(1), 0x6a, 0x0b]).toString("hex"));
  });
});

describe("memory", () => {
  const grower = (pages: number, pagesMax?: number): Uint8Array => {
    const grow = [...i32(0), ...i32(pages), 0x40, 0, 0x36, 2, 0];
    return assemble({ functions: [{ code: grow }], ...(pagesMax === undefined ? {} : { pagesMax }) });
  };

  test.each([
    ["up to the limit", grower(3), 1],
    ["not beyond the limit", grower(4), 0xffff_ffff],
    ["not beyond the program's own maximum", grower(2, 2), 0xffff_ffff],
    ["not beyond the limit, with a larger own maximum", grower(4, 1_000), 0xffff_ffff],
  ])("grows %s", (_name, program, expected) => {
    expect(observe(rewritten(program)).words[0]).toBe(expected);
  });

  test("that is too large from the start is refused", () => {
    const result = rewrite(assemble({ functions: [{ code: [] }], pages: 5 }), LIMITS);
    expect(result).toMatchObject({ ok: false, reason: "memory" });
  });
});

describe("refusals", () => {
  const withCode = (code: readonly number[]): Uint8Array => assemble({ functions: [{ code }] });
  const section = (id: number, ...bytes: number[]): Uint8Array =>
    Uint8Array.from([...withCode([]).subarray(0, 8), id, bytes.length, ...bytes]);
  const cases: [string, Uint8Array, RegExp][] = [
    ["text", new TextEncoder().encode("#!/bin/sh"), /no WebAssembly module/],
    ["nothing", new Uint8Array(0), /no WebAssembly module/],
    ["another version", Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), /version 1/],
    ["an unknown section", section(77), /unknown section 77/],
    ["a tag section", section(13, 0), /exception handling/],
    ["a section twice", Uint8Array.from([...withCode([]), 1, 1, 0]), /repeated or out of order/],
    ["a cut section", withCode([]).subarray(0, 12), /unexpected end/],
    ["shared memory", section(5, 1, 3, 1, 2), /shared memory/],
    ["64-bit memory", section(5, 1, 4, 1), /64-bit memory/],
    ["two memories", section(5, 2, 0, 1, 0, 1), /2 memories/],
    ["an imported memory", section(2, 1, 1, 0x61, 1, 0x6d, 2, 0, 1), /imports a memory.*--import-memory/],
    ["an imported global", section(2, 1, 1, 0x61, 1, 0x67, 3, 0x7f, 0), /imports a global/],
    ["an atomic", withCode([0xfe, 0x10, 2, 0]), /opcode 0xfe: threads and atomics.*-pthread.*byte 49/],
    ["relaxed SIMD", withCode([0xfd, 0x80, 0x02]), /opcode 0xfd 256: relaxed SIMD.*-mno-relaxed-simd/],
    ["a tail call", withCode([0x12, 0]), /tail calls/],
    ["exception handling", withCode([0x06, 0x40, 0x0b]), /exception handling/],
    ["garbage-collected types", withCode([0xfb, 0]), /garbage-collected/],
    ["an unknown opcode", withCode([0xff]), /unknown opcode 0xff/],
    ["an unknown vector opcode", withCode([0xfd, 0xff, 0xff, 0x7f]), /relaxed SIMD/],
    ["an end too many", withCode([0x0b, 0x01]), /code after the end/],
    ["an end too few", withCode([0x02, 0x40]), /unexpected end/],
    ["a branch out of its function", withCode([0x0c, 1]), /branch leaves/],
    ["the rewriter's own global", withCode([...i32(0), 0x24, 0]), /unknown global/],
    ["the rewriter's own local", withCode([0x20, 0, 0x1a]), /unknown local/],
    ["a type that is not there", withCode([0x02, 9, 0x0b]), /unknown block type/],
    ["an endless integer", withCode([0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0]), /too long/],
  ];
  test.each(cases)("%s", (_name, bytes, message) => {
    const result = rewrite(bytes, LIMITS);
    if (result.ok) throw new Error("it was accepted");
    expect(result.reason).toBe("badModule");
    expect(result.message).toMatch(message);
  });

  test("loops of nothing, of which the counting would make far more than there was", () => {
    const loops = new Uint8Array(3 * 150_000).fill(0x03);
    for (let at = 0; at < loops.length; at += 3) loops.set([0x03, 0x40, 0x0b], at);
    const module = assemble({ functions: [{ code: [...loops] }, { code: [] }] });
    expect(rewrite(module, LIMITS)).toMatchObject({ ok: true });
    const many = assemble({ functions: new Array<FunctionSource>(30).fill({ code: [...loops] }) });
    expect(rewrite(many, LIMITS)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/too large once its fuel/),
    });
  });

  const replaced = (from: string, to: string): Uint8Array =>
    Buffer.from(Buffer.from(copyProgram("x")).toString("latin1").replaceAll(from, to), "latin1");

  test.each([
    ["no entry point", replaced("_start", "_begin"), /_start/],
    ["no memory", replaced("memory", "MEMORY"), /no memory/],
    ["an unknown function", replaced("fd_write", "fd_wrote"), /fd_wrote/],
    ["another namespace", replaced("wasi_snapshot_preview1", "wasi_snapshot_preview9"), /preview9/],
    ["a function with other parameters", replaced("fd_write", "fd_prea"), /\w/],
  ])("a program with %s", (_name, bytes, message) => {
    const result = rewrite(bytes, LIMITS);
    if (result.ok) throw new Error("it was accepted");
    expect(result.message).toMatch(message);
  });
});

describe("real programs", () => {
  const limits = { ...LIMITS, memoryBytes: 1024 * PAGE_BYTES };

  test.each(["digits-sweep/train.wasm", "digits-sweep/reduce.wasm", "noop/noop.wasm"])("%s is taken", (path) => {
    const bytes = new Uint8Array(readFileSync(join(EXAMPLES, path)));
    expect(WebAssembly.validate(rewritten(bytes, limits))).toBe(true);
  });

  test("damaged ones are refused or stay valid, and never break the rewriter", () => {
    const originals = ["digits-sweep/reduce.wasm", "noop/noop.wasm", "misbehave/endless-recursion.wasm"]
      .map((path) => new Uint8Array(readFileSync(join(EXAMPLES, path))))
      .concat(new Uint8Array(copyProgram("x")));
    const edit = fc.record({ at: fc.nat(), byte: fc.nat(255), kind: fc.constantFrom("set", "insert", "remove") });
    const damaged = fc.tuple(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 4 }));
    const property = fc.property(damaged, ([original, edits]) => {
      const bytes = [...original];
      for (const { at, byte, kind } of edits) {
        const place = at % bytes.length;
        if (kind === "set") bytes[place] = byte;
        else bytes.splice(place, kind === "remove" ? 1 : 0, ...(kind === "insert" ? [byte] : []));
      }
      const module = Uint8Array.from(bytes);
      const result = rewrite(module, limits);
      if (result.ok && WebAssembly.validate(module)) expect(WebAssembly.validate(result.bytes)).toBe(true);
    });
    void fc.assert(property, { numRuns: 600 });
  });

  test("any bytes after a good header are survived", () => {
    const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const result = rewrite(Uint8Array.from([...header, ...bytes]), limits);
      expect(result.ok).toBe(false);
    });
    void fc.assert(property, { numRuns: 1_000 });
  });
});

describe("integers", () => {
  test("unsigned ones are read as they were written", () => {
    void fc.assert(
      fc.property(fc.nat(0xffff_ffff), (value) => {
        expect(new Reader(new Writer().u32(value).finish()).u32()).toBe(value);
      }),
    );
  });

  test("more than 32 bits are refused", () => {
    expect(() => new Reader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x1f)).u32()).toThrow(/32 bits/);
    expect(() => new Reader(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0)).u32()).toThrow(/32 bits/);
  });
});

test.each([
  ["gives a vector", { results: [TYPE.v128], code: [0x00] }],
  ["takes a number", { parameters: [TYPE.i32], code: [] }],
])("a _start that %s is no WASI command's, and could not be called", (_what, start) => {
  const result = rewrite(assemble({ functions: [start] }), LIMITS);
  expect(result).toMatchObject({
    ok: false,
    reason: "badProgram",
    message: expect.stringMatching(/_start has parameters/),
  });
});
