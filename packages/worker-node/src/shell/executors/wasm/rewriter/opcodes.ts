// Which immediates follow each opcode. An opcode that isn't listed is refused: only what was thought about may run.

/** The shape of an instruction's immediates, and whether the rewriter has to look at it. */
export type Shape =
  | "none"
  | "block"
  | "end"
  | "return"
  | "label"
  | "labels"
  | "call"
  | "callIndirect"
  | "index"
  | "global"
  | "memory"
  | "zero"
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "types"
  | "refNull"
  | "twoIndices"
  | "indexZero"
  | "zeroZero"
  | "lane"
  | "memoryLane"
  | "bytes16";

/** Value types of the features that we take: numbers, v128, funcref, externref. */
export const VALUE_TYPES: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f]);

/** Prefix bytes of instructions with a second, LEB128 opcode. */
export const PREFIX = { miscellaneous: 0xfc, vector: 0xfd } as const;

/** Reasons for opcodes that exist in the standard or in an engine and are left out on purpose. */
export const REFUSED: ReadonlyMap<number, string> = new Map([
  [0x06, "exception handling"],
  [0x07, "exception handling"],
  [0x08, "exception handling"],
  [0x09, "exception handling"],
  [0x0a, "exception handling"],
  [0x18, "exception handling"],
  [0x19, "exception handling"],
  [0x1f, "exception handling"],
  [0x12, "tail calls"],
  [0x13, "tail calls"],
  [0x14, "typed function references"],
  [0x15, "typed function references"],
  [0xd3, "typed function references"],
  [0xd4, "typed function references"],
  [0xd5, "typed function references"],
  [0xd6, "typed function references"],
  [0xfb, "garbage-collected types"],
  [0xfe, "threads and atomics"],
]);

function ranges(entries: readonly (readonly [from: number, to: number, shape: Shape])[]): ReadonlyMap<number, Shape> {
  const map = new Map<number, Shape>();
  for (const [from, to, shape] of entries) {
    for (let opcode = from; opcode <= to; opcode += 1) map.set(opcode, shape);
  }
  return map;
}

/** One-byte opcodes: the first version of WebAssembly with sign extension and reference types. */
export const PLAIN = ranges([
  [0x00, 0x01, "none"], // unreachable, nop
  [0x02, 0x04, "block"], // block, loop, if
  [0x05, 0x05, "none"], // else
  [0x0b, 0x0b, "end"],
  [0x0c, 0x0d, "label"], // br, br_if
  [0x0e, 0x0e, "labels"], // br_table
  [0x0f, 0x0f, "return"],
  [0x10, 0x10, "call"],
  [0x11, 0x11, "callIndirect"],
  [0x1a, 0x1b, "none"], // drop, select
  [0x1c, 0x1c, "types"], // select t
  [0x20, 0x22, "index"], // local.get, local.set, local.tee
  [0x23, 0x24, "global"], // global.get, global.set
  [0x25, 0x26, "index"], // table.get, table.set
  [0x28, 0x3e, "memory"], // loads and stores
  [0x3f, 0x40, "zero"], // memory.size, memory.grow
  [0x41, 0x41, "i32"],
  [0x42, 0x42, "i64"],
  [0x43, 0x43, "f32"],
  [0x44, 0x44, "f64"],
  [0x45, 0xc4, "none"], // arithmetic, comparisons, conversions, sign extension
  [0xd0, 0xd0, "refNull"],
  [0xd1, 0xd1, "none"], // ref.is_null
  [0xd2, 0xd2, "index"], // ref.func
]);

/** After 0xfc: saturating conversions, bulk memory, tables. */
export const MISCELLANEOUS = ranges([
  [0x00, 0x07, "none"], // trunc_sat
  [0x08, 0x08, "indexZero"], // memory.init
  [0x09, 0x09, "index"], // data.drop
  [0x0a, 0x0a, "zeroZero"], // memory.copy
  [0x0b, 0x0b, "zero"], // memory.fill
  [0x0c, 0x0c, "twoIndices"], // table.init
  [0x0d, 0x0d, "index"], // elem.drop
  [0x0e, 0x0e, "twoIndices"], // table.copy
  [0x0f, 0x11, "index"], // table.grow, table.size, table.fill
]);

/** After 0xfd: fixed-width SIMD. Relaxed SIMD (0x100 and above) differs between machines and is left out. */
export const VECTOR = ranges([
  [0x0e, 0xff, "none"],
  [0x00, 0x0b, "memory"], // v128.load*, v128.store
  [0x0c, 0x0d, "bytes16"], // v128.const, i8x16.shuffle
  [0x15, 0x22, "lane"], // extract_lane, replace_lane
  [0x54, 0x5b, "memoryLane"], // load_lane, store_lane
  [0x5c, 0x5d, "memory"], // v128.load32_zero, v128.load64_zero
]);
