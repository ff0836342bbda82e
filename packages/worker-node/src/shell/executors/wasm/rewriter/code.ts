// Puts the call-depth limit and the counting of fuel into function bodies.

import { FuelCode, OP } from "./fuel-code.ts";
import { readValueType } from "./immediates.ts";
import { type BodyScan, type Edit, type Scope, scanBody } from "./instructions.ts";
import { NanCode } from "./nan-code.ts";
import type { Reader } from "./reader.ts";
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

/** Locals of a function with its parameters: what engines take, less those that are added. */
const LOCALS_MAX = 50_000 - 5;

/** A body, before and after: what engines take. */
const BODY_BYTES_MAX = 7_654_321;

const NO_RESULT = 0x40;

/** What the bodies are rewritten with. */
export interface Counting {
  /** Index of the added global that holds what is left of the stack budget. */
  readonly stack: number;
  /** Index of the added global that holds what is left of the fuel. */
  readonly fuel: number;
  readonly scope: Scope;
  /** Gives the index of the type without parameters and with these results. */
  readonly resultsType: (results: readonly number[]) => number;
}

/**
 * Rewrites one body. The original code becomes a block, so that a branch out of the function ends in front of our
 * epilogue without renumbering; only `return` has to become a branch. The stack budget is taken at the start and given back
 * at the end; when it is used up the program traps, at the same depth in every compiler and on every machine. Fuel is
 * counted down in a local and lies in the global during calls, so that a loop needs no memory for it.
 */
export function rewriteBody(reader: Reader, type: FunctionType, counting: Counting): Uint8Array {
  const start = reader.position;
  if (reader.end - start > BODY_BYTES_MAX) reader.fail("a function is too large");
  const locals = readLocals(reader, type.parameters.length);
  const codeStart = reader.position;
  const scan = scanBody(reader, counting.scope, type.parameters.length + locals.count);
  const slots = type.parameters.length + type.results.length + locals.count + scan.callSlots;
  const frame = FRAME.base + FRAME.perSlot * slots + FRAME.perCodeByte * (reader.end - codeStart);
  const isDepthCounted = scan.hasCalls || frame > LEAF_FREE_BYTES;
  const body = { type, locals, code: reader.bytes.subarray(codeStart, reader.end), codeStart, scan };
  const out =
    isDepthCounted || hasStops(scan) ? counted(body, counting, isDepthCounted ? frame : 0) : straight(body, counting);
  if (out.length > BODY_BYTES_MAX) reader.fail("a function is too large once its fuel is counted");
  return out;
}

interface Locals {
  readonly count: number;
  readonly groups: number;
  /** The groups as they stand in the module. */
  readonly bytes: Uint8Array;
}

interface Body {
  readonly type: FunctionType;
  readonly locals: Locals;
  readonly code: Uint8Array;
  readonly codeStart: number;
  readonly scan: BodyScan;
}

function readLocals(reader: Reader, parameters: number): Locals {
  const groups = reader.count(LOCALS_MAX, "groups of locals");
  const from = reader.position;
  let count = 0;
  for (let left = groups; left > 0; left -= 1) {
    count += reader.u32();
    if (count + parameters > LOCALS_MAX) reader.fail(`a function has ${count} locals, the limit is ${LOCALS_MAX}`);
    readValueType(reader);
  }
  return { count, groups, bytes: reader.bytes.subarray(from, reader.position) };
}

// Whether fuel is counted anywhere but at the function's start.
function hasStops({ edits, stretches }: BodyScan): boolean {
  const [, ...later] = stretches;
  return edits.some(({ kind }) => kind !== "return") || later.some(({ fuel, isLoop }) => fuel > 0 || isLoop);
}

// Code without branches, as most small functions have it: all is paid at the start, and nothing else changes.
function straight({ locals, code, scan }: Body, { fuel }: Counting): Uint8Array {
  const out = new Writer().u32(locals.groups).raw(locals.bytes);
  const price = scan.stretches[0]?.fuel ?? 0;
  if (price > 0) {
    out.byte(OP.globalGet).u32(fuel).byte(OP.i64Const).s32(price).byte(OP.i64Sub, OP.globalSet).u32(fuel);
  }
  return out.raw(code).finish();
}

// `frame` is 0 where the depth isn't counted.
function counted(body: Body, counting: Counting, frame: number): Uint8Array {
  const { type, locals, scan } = body;
  const { stack } = counting;
  const moves = scan.edits.some(({ kind }) => kind === "bulk" || kind === "grow");
  const firstLocal = type.parameters.length + locals.count;
  const fuel = new FuelCode({ global: counting.fuel, local: firstLocal, scratch: firstLocal + 1 });
  const nans = new NanCode(scan.edits, firstLocal + (moves ? 2 : 1));
  const out = new Writer().u32(locals.groups + (moves ? 2 : 1) + nans.locals.length).raw(locals.bytes);
  out.byte(1, OP.i64);
  if (moves) out.byte(1, OP.i32);
  for (const type of nans.locals) out.byte(1, type);
  if (frame > 0) {
    out.byte(OP.globalGet).u32(stack).byte(OP.i32Const).s32(frame).byte(OP.i32Sub, OP.globalSet).u32(stack);
    out.byte(OP.globalGet).u32(stack).byte(OP.i32Const, 0, OP.i32LtS, OP.if, NO_RESULT, OP.unreachable, OP.end);
  }
  fuel.load(out);
  // Without calls nothing can repeat but loops, which look for themselves.
  fuel.pay(out, scan.stretches[0]?.fuel ?? 0, { isChecked: scan.hasCalls });
  out.byte(OP.block);
  writeBlockType(type.results, counting, out);
  writeCode(body, { fuel, nans }, out);
  fuel.store(out);
  if (frame > 0)
    out.byte(OP.globalGet).u32(stack).byte(OP.i32Const).s32(frame).byte(OP.i32Add, OP.globalSet).u32(stack);
  return out.byte(OP.end).finish();
}

function writeBlockType(results: readonly number[], counting: Counting, out: Writer): void {
  const [only, second] = results;
  if (only === undefined) out.byte(NO_RESULT);
  else if (second === undefined) out.byte(only);
  else out.s32(counting.resultsType(results));
}

/** What writes the added code. */
interface Parts {
  readonly fuel: FuelCode;
  readonly nans: NanCode;
}

// The code with all edits. Its final `end` is copied too: it closes the block around it.
function writeCode({ code, codeStart, scan }: Body, parts: Parts, out: Writer): void {
  const { fuel } = parts;
  let from = codeStart;
  const copy = (to: number): void => {
    out.raw(code.subarray(from - codeStart, to - codeStart));
    from = to;
  };
  const [, ...stretches] = scan.stretches;
  let next = 0;
  const payUpTo = (position: number): void => {
    for (; next < stretches.length; next += 1) {
      const stretch = stretches[next];
      if (stretch === undefined || stretch.position > position) return;
      if (stretch.fuel === 0 && !stretch.isLoop) continue;
      copy(stretch.position);
      fuel.pay(out, stretch.fuel, { isChecked: stretch.isLoop });
    }
  };
  for (const edit of scan.edits) {
    payUpTo(edit.position);
    copy(edit.position);
    from = writeEdit(edit, parts, {
      out,
      instruction: (end) => code.subarray(edit.position - codeStart, end - codeStart),
    });
  }
  payUpTo(codeStart + code.length);
  copy(codeStart + code.length);
}

interface EditPlace {
  readonly out: Writer;
  /** The bytes of the instruction itself, up to its end. */
  readonly instruction: (end: number) => Uint8Array;
}

// Returns where the rest of the code begins.
function writeEdit(edit: Edit, { fuel, nans }: Parts, { out, instruction }: EditPlace): number {
  switch (edit.kind) {
    case "return":
      out.byte(OP.br).u32(edit.depth);
      return edit.position + 1;
    case "call":
      fuel.store(out);
      out.raw(instruction(edit.end));
      fuel.load(out);
      return edit.end;
    case "nan":
      nans.settle(out, edit.type);
      return edit.position;
    case "bulk":
      fuel.payLength(out, edit.price);
      return edit.position;
    case "grow":
      fuel.payGrowth(out, edit, instruction(edit.end));
      return edit.end;
  }
}
