// Walks instructions and tells the rewriter what it needs to know: nesting, returns, calls.
import { MISCELLANEOUS, PLAIN, PREFIX, REFUSED, type Shape, VALUE_TYPES, VECTOR } from "./opcodes.ts";
import type { Reader } from "./reader.ts";

/** The largest natural alignment; the bits above it select other memories, which we don't have. */
const ALIGNMENT_MAX = 4;

/** Where a `return` stands in the module's bytes, and how many blocks are open around it. */
export interface ReturnSite {
  readonly position: number;
  readonly depth: number;
}

/** What one function body contains. */
export interface BodyScan {
  readonly returns: readonly ReturnSite[];
  readonly hasCalls: boolean;
}

/** Reads an opcode with its prefix, or refuses it by name. */
export function readShape(reader: Reader): Shape {
  const opcode = reader.byte();
  if (opcode === PREFIX.vector) {
    const vector = reader.u32();
    if (vector >= 0x100) reader.fail(`relaxed SIMD is not supported: opcode 0xfd ${vector}`);
    return VECTOR.get(vector) ?? reader.fail(`unknown opcode 0xfd ${vector}`);
  }
  if (opcode === PREFIX.miscellaneous) {
    const second = reader.u32();
    return MISCELLANEOUS.get(second) ?? reader.fail(`unknown opcode 0xfc ${second}`);
  }
  const shape = PLAIN.get(opcode);
  if (shape !== undefined) return shape;
  const refused = REFUSED.get(opcode);
  const hex = `0x${opcode.toString(16).padStart(2, "0")}`;
  return reader.fail(refused === undefined ? `unknown opcode ${hex}` : `${refused} are not supported: opcode ${hex}`);
}

/** Skips the immediates of an instruction whose shape carries no meaning for the rewriter. */
export function skipImmediates(reader: Reader, shape: Shape): void {
  switch (shape) {
    case "none":
    case "end":
    case "return":
      return;
    case "block":
      return skipBlockType(reader);
    case "label":
    case "call":
    case "index":
    case "global":
      reader.u32();
      return;
    case "labels":
      for (let left = reader.count(1_000_000, "branch targets") + 1; left > 0; left -= 1) reader.u32();
      return;
    case "callIndirect":
    case "twoIndexes":
      reader.u32();
      reader.u32();
      return;
    case "i32":
      return reader.skipSigned(5);
    case "i64":
      return reader.skipSigned(10);
    case "f32":
      return reader.skip(4);
    case "f64":
      return reader.skip(8);
    case "bytes16":
      return reader.skip(16);
    case "lane":
      return reader.skip(1);
    default:
      return skipStructured(reader, shape);
  }
}

type Structured = "memory" | "memoryLane" | "zero" | "zeroZero" | "indexZero" | "types" | "refNull";

function skipStructured(reader: Reader, shape: Structured): void {
  switch (shape) {
    case "memory":
      return skipMemoryArgument(reader);
    case "memoryLane":
      skipMemoryArgument(reader);
      return reader.skip(1);
    case "zero":
      return skipMemoryIndex(reader);
    case "zeroZero":
      skipMemoryIndex(reader);
      return skipMemoryIndex(reader);
    case "indexZero":
      reader.u32();
      return skipMemoryIndex(reader);
    case "types":
      for (let left = reader.count(1, "types of a select"); left > 0; left -= 1) readValueType(reader);
      return;
    case "refNull": {
      const type = reader.byte();
      if (type !== 0x70 && type !== 0x6f) reader.fail("only funcref and externref are supported");
      return;
    }
  }
}

/** One of the value types that we take. */
export function readValueType(reader: Reader): number {
  const type = reader.byte();
  if (!VALUE_TYPES.has(type)) reader.fail(`unsupported value type 0x${type.toString(16)}`);
  return type;
}

function skipBlockType(reader: Reader): void {
  const first = reader.bytes[reader.position] ?? 0;
  // A single byte in 0x40..0x7f is "no result" or a value type; everything else is an index into the types.
  if ((first & 0xc0) !== 0x40) return reader.skipSigned(5);
  reader.byte();
  if (first !== 0x40 && !VALUE_TYPES.has(first)) reader.fail(`unsupported block type 0x${first.toString(16)}`);
}

function skipMemoryArgument(reader: Reader): void {
  if (reader.u32() > ALIGNMENT_MAX) reader.fail("more than one memory is not supported, or an alignment is too large");
  reader.u32();
}

function skipMemoryIndex(reader: Reader): void {
  if (reader.byte() !== 0) reader.fail("more than one memory is not supported");
}

/**
 * Scans the instructions of a body up to its final `end`, which must be its last byte: otherwise code could escape from
 * the block that the rewriter puts around it. `globals` is the number of globals that the module itself has, so that it
 * can't name the one that is added.
 */
export function scanBody(reader: Reader, globals: number): BodyScan {
  const returns: ReturnSite[] = [];
  let depth = 0;
  let hasCalls = false;
  const label = (): void => {
    if (reader.u32() > depth) reader.fail("a branch leaves its function");
  };
  for (;;) {
    const position = reader.position;
    const shape = readShape(reader);
    if (shape === "end") {
      if (depth === 0) break;
      depth -= 1;
    } else if (shape === "return") {
      returns.push({ position, depth });
    } else if (shape === "label") {
      label();
    } else if (shape === "labels") {
      for (let left = reader.count(1_000_000, "branch targets") + 1; left > 0; left -= 1) label();
    } else if (shape === "global") {
      if (reader.u32() >= globals) reader.fail("unknown global");
    } else {
      skipImmediates(reader, shape);
      if (shape === "block") depth += 1;
      if (shape === "call" || shape === "callIndirect") hasCalls = true;
    }
  }
  if (!reader.done) reader.fail("code after the end of a function");
  return { returns, hasCalls };
}

/** The instructions that may stand in a constant expression; everything else there is refused. */
const CONSTANT = new Set<Shape>(["i32", "i64", "f32", "f64", "bytes16", "refNull", "index", "global", "none", "end"]);

/** Skips a constant expression. The engine checks its type; here it only may not name the added global. */
export function skipConstantExpression(reader: Reader, globals: number): void {
  for (let length = 0; length < 1_000; length += 1) {
    const shape = readShape(reader);
    if (!CONSTANT.has(shape)) reader.fail("an instruction that is no constant");
    if (shape === "end") return;
    if (shape !== "global") skipImmediates(reader, shape);
    else if (reader.u32() >= globals) reader.fail("unknown global");
  }
  reader.fail("a constant expression of more than 1000 instructions");
}
