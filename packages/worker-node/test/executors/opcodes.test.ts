// Every opcode that the engine knows is either read as the engine reads it, or refused by name.
import { expect, test } from "vitest";
import { assemble } from "../../src/shell/executors/wasm/assembler.ts";
import { PAGE_BYTES, rewrite } from "../../src/shell/executors/wasm/rewriter/rewrite.ts";
import { Writer } from "../../src/shell/executors/wasm/rewriter/writer.ts";

const LIMITS = { memoryBytes: 4 * PAGE_BYTES, stackBytes: 1024 * 1024 };

/** What may follow an opcode: nothing, indices, a memory argument with a lane, constants, types. */
const IMMEDIATES: readonly (readonly number[])[] = [
  ...[[], [0], [0, 0], [0, 0, 0], [0x70], [1, 0x7f], [0x40, 0x0b], [0, 0x40, 0x0b]],
  ...[4, 8, 16].map((count) => new Array<number>(count).fill(0)),
];

/** In front of it and behind it stands code that is never reached, so that any operands and results will do. */
function around(instruction: readonly number[]): Uint8Array {
  return assemble({ functions: [{ code: [0x00, ...instruction, 0x00] }, { code: [] }], table: [0] });
}

const opcodes: (readonly number[])[] = [];
for (let opcode = 0; opcode < 256; opcode += 1) {
  if (opcode < 0xfb || opcode === 0xff) opcodes.push([opcode]);
  else for (let second = 0; second < 0x180; second += 1) opcodes.push([opcode, ...new Writer().u32(second).finish()]);
}

test("all opcodes are read as the engine reads them, or refused by name", () => {
  const taken = new Set<string>();
  const refused = new Set<string>();
  for (const opcode of opcodes) {
    for (const immediates of IMMEDIATES) {
      const module = around([...opcode, ...immediates]);
      const isValid = WebAssembly.validate(module);
      const result = rewrite(module, LIMITS);
      const name = `${Buffer.from(opcode).toString("hex")} ${Buffer.from(immediates).toString("hex")}`;
      if (result.ok) expect(WebAssembly.validate(result.bytes), name).toBe(isValid);
      else if (isValid) expect(result.message, name).toMatch(/not supported|only funcref and externref/);
      if (isValid) (result.ok ? taken : refused).add(Buffer.from(opcode).toString("hex"));
    }
  }
  const countOf = (prefix: RegExp): number => [...taken].filter((hex) => prefix.test(hex)).length;
  expect(countOf(/^..$/)).toBe(176);
  // All but memory.init and data.drop, which need a segment.
  expect(countOf(/^fc/)).toBe(16);
  // All of fixed-width SIMD.
  expect(countOf(/^fd/)).toBe(236);
  // Exceptions, tail calls, typed references, garbage collection, atomics, relaxed SIMD.
  expect([...refused].filter((hex) => !/^(0[6a]|1[2-5]|d[03-6]|f[be]..|fd..02)$/.test(hex))).toEqual([]);
  expect(refused.size).toBeGreaterThan(30);
});
