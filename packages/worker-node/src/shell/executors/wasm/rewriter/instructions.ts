// Walks instructions and tells the rewriter what it needs to know: nesting, returns, calls.
import { branchTargets, readShape, skipImmediates } from "./immediates.ts";
import type { Shape } from "./opcodes.ts";
import type { Reader } from "./reader.ts";
import type { FunctionType } from "./types.ts";

/** Each one costs memory here; real functions have a few hundred. */
const RETURNS_MAX = 100_000;

/** Where a `return` stands in the module's bytes, and how many blocks are open around it. */
export interface ReturnSite {
  readonly position: number;
  readonly depth: number;
}

/** What one function body contains. */
export interface BodyScan {
  readonly returns: readonly ReturnSite[];
  readonly hasCalls: boolean;
  /** Parameters and results of all calls together: each may take a stack slot. */
  readonly callSlots: number;
}

/** What the indices in a body refer to. */
export interface Scope {
  readonly types: readonly FunctionType[];
  /** Types of all functions, the imported ones first. */
  readonly functions: readonly FunctionType[];
  /** The number of globals that the module itself has, so that no code can name the one that is added. */
  readonly globals: number;
}

/**
 * Scans the instructions of a body up to its final `end`, which must be its last byte: otherwise code could escape from
 * the block that the rewriter puts around it.
 */
export function scanBody(reader: Reader, scope: Scope): BodyScan {
  const returns: ReturnSite[] = [];
  let depth = 0;
  let hasCalls = false;
  let callSlots = 0;
  const label = (): void => {
    if (reader.u32() > depth) reader.fail("a branch leaves its function");
  };
  const call = (callees: readonly FunctionType[]): void => {
    const callee = callees[reader.u32()] ?? reader.fail("a call of an unknown function or type");
    hasCalls = true;
    callSlots += callee.parameters.length + callee.results.length;
  };
  for (;;) {
    const position = reader.position;
    const shape = readShape(reader);
    if (shape === "end") {
      if (depth === 0) break;
      depth -= 1;
    } else if (shape === "return") {
      if (returns.length === RETURNS_MAX) reader.fail(`more than ${RETURNS_MAX} returns in one function`);
      returns.push({ position, depth });
    } else if (shape === "label") {
      label();
    } else if (shape === "labels") {
      for (let left = branchTargets(reader); left > 0; left -= 1) label();
    } else if (shape === "global") {
      if (reader.u32() >= scope.globals) reader.fail("unknown global");
    } else if (shape === "call") {
      call(scope.functions);
    } else if (shape === "callIndirect") {
      call(scope.types);
      reader.u32();
    } else {
      skipImmediates(reader, shape);
      if (shape === "block") depth += 1;
    }
  }
  if (!reader.done) reader.fail("code after the end of a function");
  return { returns, hasCalls, callSlots };
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
