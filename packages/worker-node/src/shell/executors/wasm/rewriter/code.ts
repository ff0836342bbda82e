// Puts the call-depth limit into function bodies.
import { type BodyScan, readValueType, scanBody } from "./instructions.ts";
import type { Reader } from "./reader.ts";
import { COUNT_MAX, type FunctionType } from "./sections.ts";
import type { Writer } from "./writer.ts";

/**
 * Upper bound of a native frame in bytes, whichever compiler made it: a base, a slot for every local, and eight bytes for
 * every byte of code, since at most that many values can be alive in it. Too high for nearly all real code, never too low.
 */
const FRAME = { base: 160, perLocal: 16, perCodeByte: 8 } as const;

/** A function that calls nothing has at most one frame on the stack: small ones need no counting. */
const LEAF_FREE_BYTES = 64 * 1024;

const OP = {
  unreachable: 0x00,
  block: 0x02,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i32LtS: 0x48,
  i32Add: 0x6a,
  i32Sub: 0x6b,
} as const;

const NO_RESULT = 0x40;

/** What the bodies are rewritten with. */
export interface DepthLimit {
  /** Index of the added global that holds what is left of the stack budget. */
  readonly global: number;
  /** The number of globals that the module itself has. */
  readonly globals: number;
  /** Gives the index of the type without parameters and with these results. */
  readonly resultsType: (results: readonly number[]) => number;
}

/**
 * Rewrites one body. The original code becomes a block, so that a branch out of the function ends in front of our
 * epilogue without renumbering; only `return` has to become a branch. The budget is taken at the start and given back at
 * the end; when it is used up the program traps, at the same depth in every compiler and on every machine.
 */
export function rewriteBody(reader: Reader, type: FunctionType, limit: DepthLimit, out: Writer): void {
  const start = reader.position;
  const locals = skipLocals(reader);
  const codeStart = reader.position;
  const scan = scanBody(reader, limit.globals);
  const codeBytes = reader.end - codeStart;
  const cost = FRAME.base + FRAME.perLocal * (type.parameters.length + locals) + FRAME.perCodeByte * codeBytes;
  if (!scan.hasCalls && cost <= LEAF_FREE_BYTES) {
    out.raw(reader.bytes.subarray(start, reader.end));
    return;
  }
  out.raw(reader.bytes.subarray(start, codeStart));
  out.byte(OP.globalGet).u32(limit.global).byte(OP.i32Const).s32(cost).byte(OP.i32Sub, OP.globalSet).u32(limit.global);
  out.byte(OP.globalGet).u32(limit.global).byte(OP.i32Const, 0, OP.i32LtS, OP.if, NO_RESULT, OP.unreachable, OP.end);
  out.byte(OP.block);
  writeBlockType(type.results, limit, out);
  writeWithoutReturns(reader, codeStart, scan, out);
  out.byte(OP.globalGet).u32(limit.global).byte(OP.i32Const).s32(cost).byte(OP.i32Add, OP.globalSet).u32(limit.global);
  out.byte(OP.end);
}

function skipLocals(reader: Reader): number {
  let locals = 0;
  for (let groups = reader.count(COUNT_MAX.locals, "groups of locals"); groups > 0; groups -= 1) {
    locals += reader.u32();
    if (locals > COUNT_MAX.locals) reader.fail(`a function has ${locals} locals, the limit is ${COUNT_MAX.locals}`);
    readValueType(reader);
  }
  return locals;
}

function writeBlockType(results: readonly number[], limit: DepthLimit, out: Writer): void {
  const [only, second] = results;
  if (only === undefined) out.byte(NO_RESULT);
  else if (second === undefined) out.byte(only);
  else out.s32(limit.resultsType(results));
}

// The original final `end` is copied too: it closes the block.
function writeWithoutReturns(reader: Reader, start: number, scan: BodyScan, out: Writer): void {
  let from = start;
  for (const { position, depth } of scan.returns) {
    out.raw(reader.bytes.subarray(from, position)).byte(OP.br).u32(depth);
    from = position + 1;
  }
  out.raw(reader.bytes.subarray(from, reader.end));
}
