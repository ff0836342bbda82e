// Puts the call-depth limit into function bodies.
import { readValueType } from "./immediates.ts";
import { type ReturnSite, type Scope, scanBody } from "./instructions.ts";
import type { Reader } from "./reader.ts";
import { COUNT_MAX } from "./sections.ts";
import type { FunctionType } from "./types.ts";
import { Writer } from "./writer.ts";

/**
 * Upper bound of a native frame in bytes, whichever compiler made it: a base; 32 for every local and for every parameter
 * and result of a call, since a vector may be kept in one slot and be passed in another; and eight for every byte of code,
 * since the shortest instructions that leave a value take one byte for a number and two for a vector. Measured, the worst
 * frames reach 60 % of this (calls with 900 vectors as parameters), and those of real code about 10 %.
 */
const FRAME = { base: 160, perSlot: 32, perCodeByte: 8 } as const;

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
  readonly scope: Scope;
  /** Gives the index of the type without parameters and with these results. */
  readonly resultsType: (results: readonly number[]) => number;
}

/**
 * Rewrites one body. The original code becomes a block, so that a branch out of the function ends in front of our
 * epilogue without renumbering; only `return` has to become a branch. The budget is taken at the start and given back at
 * the end; when it is used up the program traps, at the same depth in every compiler and on every machine.
 */
export function rewriteBody(reader: Reader, type: FunctionType, limit: DepthLimit): Uint8Array {
  const body = reader.bytes.subarray(reader.start, reader.end);
  const locals = skipLocals(reader);
  const codeStart = reader.position;
  const scan = scanBody(reader, limit.scope);
  const slots = type.parameters.length + type.results.length + locals + scan.callSlots;
  const cost = FRAME.base + FRAME.perSlot * slots + FRAME.perCodeByte * (reader.end - codeStart);
  if (!scan.hasCalls && cost <= LEAF_FREE_BYTES) return body;
  const { global } = limit;
  const out = new Writer().raw(body.subarray(0, codeStart - reader.start));
  out.byte(OP.globalGet).u32(global).byte(OP.i32Const).s32(cost).byte(OP.i32Sub, OP.globalSet).u32(global);
  out.byte(OP.globalGet).u32(global).byte(OP.i32Const, 0, OP.i32LtS, OP.if, NO_RESULT, OP.unreachable, OP.end);
  out.byte(OP.block);
  writeBlockType(type.results, limit, out);
  out.raw(withoutReturns(reader.bytes.subarray(codeStart, reader.end), codeStart, scan.returns));
  out.byte(OP.globalGet).u32(global).byte(OP.i32Const).s32(cost).byte(OP.i32Add, OP.globalSet).u32(global);
  return out.byte(OP.end).finish();
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

// Each `return` becomes a branch to the block around the code. The final `end` is copied too: it closes that block.
function withoutReturns(code: Uint8Array, start: number, returns: readonly ReturnSite[]): Uint8Array {
  if (returns.length === 0) return code;
  const out = new Writer();
  let from = 0;
  for (const { position, depth } of returns) {
    out
      .raw(code.subarray(from, position - start))
      .byte(OP.br)
      .u32(depth);
    from = position - start + 1;
  }
  return out.raw(code.subarray(from)).finish();
}
