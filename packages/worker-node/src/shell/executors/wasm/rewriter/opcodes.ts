// Which immediates follow each opcode, and its price. An opcode that isn't listed is refused: only what was thought about may run.
import { PRICE_DEFAULT, PRICES } from "./fuel-schedule.ts";

/** The shape of an instruction's immediates, and whether the rewriter has to look at it. */
export type Shape =
  | "none"
  | "unreachable"
  | "block"
  | "loop"
  | "if"
  | "else"
  | "end"
  | "return"
  | "branch"
  | "branchIf"
  | "branchTable"
  | "call"
  | "callIndirect"
  | "index"
  | "local"
  | "global"
  | "memory"
  | "zero"
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "types"
  | "refNull"
  | "table"
  | "twoIndices"
  | "indexZero"
  | "zeroZero"
  | "lane"
  | "memoryLane"
  | "bytes16";

/** What is known about an opcode. */
export interface Instruction {
  /** The opcode; a second one after a prefix is added to the prefix times 256. */
  readonly code: number;
  readonly shape: Shape;
  readonly fuel: number;
}

/** Value types of the features that we take: numbers, v128, funcref, externref. */
export const VALUE_TYPES: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f]);

/** Prefix bytes of instructions with a second, LEB128 opcode. */
export const PREFIX = { miscellaneous: 0xfc, vector: 0xfd } as const;

type Range = readonly [from: number, to: number, shape: Shape];

// The first version of WebAssembly with sign extension and reference types.
const PLAIN: readonly Range[] = [
  [0x00, 0x00, "unreachable"],
  [0x01, 0x01, "none"], // nop
  [0x02, 0x02, "block"],
  [0x03, 0x03, "loop"],
  [0x04, 0x04, "if"],
  [0x05, 0x05, "else"],
  [0x0b, 0x0b, "end"],
  [0x0c, 0x0c, "branch"], // br
  [0x0d, 0x0d, "branchIf"], // br_if
  [0x0e, 0x0e, "branchTable"], // br_table
  [0x0f, 0x0f, "return"],
  [0x10, 0x10, "call"],
  [0x11, 0x11, "callIndirect"],
  [0x1a, 0x1b, "none"], // drop, select
  [0x1c, 0x1c, "types"], // select t
  [0x20, 0x22, "local"], // local.get, local.set, local.tee
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
];

// After 0xfc: saturating conversions, bulk memory, tables.
const MISCELLANEOUS: readonly Range[] = [
  [0x00, 0x07, "none"], // trunc_sat
  [0x08, 0x08, "indexZero"], // memory.init
  [0x09, 0x09, "index"], // data.drop
  [0x0a, 0x0a, "zeroZero"], // memory.copy
  [0x0b, 0x0b, "zero"], // memory.fill
  [0x0c, 0x0c, "twoIndices"], // table.init
  [0x0d, 0x0d, "index"], // elem.drop
  [0x0e, 0x0e, "twoIndices"], // table.copy
  [0x0f, 0x11, "table"], // table.grow, table.size, table.fill
];

// After 0xfd: fixed-width SIMD. Relaxed SIMD (0x100 and above) differs between machines and is left out.
const VECTOR: readonly Range[] = [
  [0x00, 0x0b, "memory"], // v128.load*, v128.store
  [0x0c, 0x0d, "bytes16"], // v128.const, i8x16.shuffle
  [0x0e, 0x14, "none"], // swizzle, splats
  [0x15, 0x22, "lane"], // extract_lane, replace_lane
  [0x23, 0x53, "none"],
  [0x54, 0x5b, "memoryLane"], // load_lane, store_lane
  [0x5c, 0x5d, "memory"], // v128.load32_zero, v128.load64_zero
  [0x5e, 0xff, "none"],
];

function instructions(prefix: number, ranges: readonly Range[]): ReadonlyMap<number, Instruction> {
  const map = new Map<number, Instruction>();
  for (const [from, to, shape] of ranges) {
    for (let opcode = from; opcode <= to; opcode += 1) {
      const code = prefix * 256 + opcode;
      map.set(opcode, { code, shape, fuel: priceOf(code) });
    }
  }
  return map;
}

function priceOf(code: number): number {
  return PRICES.findLast(([from, to]) => from <= code && code <= to)?.[2] ?? PRICE_DEFAULT;
}

/** All opcodes by their prefix (0 where there is none), then by the opcode itself. */
export const INSTRUCTIONS = {
  plain: instructions(0, PLAIN),
  miscellaneous: instructions(PREFIX.miscellaneous, MISCELLANEOUS),
  vector: instructions(PREFIX.vector, VECTOR),
} as const;
