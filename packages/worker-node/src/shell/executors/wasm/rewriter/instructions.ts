// Walks instructions and tells the rewriter what it needs to know: returns, calls, stretches, operations of any length.
import { BULK_PRICES, GROW_PRICES } from "./fuel-schedule.ts";
import { branchTargets, readBlockType, readInstruction, skipImmediates } from "./immediates.ts";
import { type FloatType, hidesNan, nanMadeBy } from "./nan.ts";
import type { Instruction, Shape } from "./opcodes.ts";
import type { Reader } from "./reader.ts";
import { type Stretch, Stretches } from "./stretches.ts";
import type { FunctionType } from "./types.ts";
import { Writer } from "./writer.ts";

/** Each one costs memory here; real functions have some thousands. */
const EDITS_MAX = 200_000;

const MEMORY_SIZE = 0x3f;
const MEMORY_GROW = 0x40;
const TABLE_GROW = 0xfc0f;
const TABLE_SIZE = 0x10;

/** An instruction that the rewriter changes or puts something around; positions are those of the module's bytes. */
export type Edit =
  | { readonly kind: "return"; readonly position: number; readonly depth: number }
  | { readonly kind: "call"; readonly position: number; readonly end: number }
  | { readonly kind: "bulk"; readonly position: number; readonly price: number }
  | { readonly kind: "nan"; readonly position: number; readonly type: FloatType }
  | {
      readonly kind: "grow";
      readonly position: number;
      readonly end: number;
      readonly price: number;
      /** The instruction that tells the size of what grows. */
      readonly size: Uint8Array;
    };

/** What one function body contains. */
export interface BodyScan {
  /** In the order of their positions. */
  readonly edits: readonly Edit[];
  readonly stretches: readonly Stretch[];
  readonly hasCalls: boolean;
  /** Parameters and results of all calls together: each may take a stack slot. */
  readonly callSlots: number;
}

/** What the indices in a body refer to. */
export interface Scope {
  readonly types: readonly FunctionType[];
  /** Types of all functions, the imported ones first. */
  readonly functions: readonly FunctionType[];
  /** The number of globals that the module itself has, so that no code can name those that are added. */
  readonly globals: number;
  /** Whether NaNs that arithmetic makes get one form. */
  readonly canonicalNans: boolean;
}

/**
 * Scans the instructions of a body up to its final `end`, which must be its last byte: otherwise code could escape from
 * the block that the rewriter puts around it. No index may reach beyond what the module has, `locals` of them in this
 * function: what the rewriter adds comes after those.
 */
export function scanBody(reader: Reader, scope: Scope, locals: number): BodyScan {
  const scanner = new Scanner(reader, scope, locals);
  while (scanner.step()) {
    if (scanner.edits.length + scanner.stretches.list.length > EDITS_MAX) {
      reader.fail(`more than ${EDITS_MAX} branches and calls in one function`);
    }
  }
  if (!reader.done) reader.fail("code after the end of a function");
  const { edits, stretches, hasCalls, callSlots } = scanner;
  return { edits, stretches: stretches.list, hasCalls, callSlots };
}

class Scanner {
  readonly edits: Edit[] = [];
  readonly stretches: Stretches;
  hasCalls = false;
  callSlots = 0;
  readonly #reader: Reader;
  readonly #scope: Scope;
  readonly #locals: number;
  /** What the instruction before may have left a NaN of. */
  #floats: FloatType | undefined;

  constructor(reader: Reader, scope: Scope, locals: number) {
    this.#reader = reader;
    this.#scope = scope;
    this.#locals = locals;
    this.stretches = new Stretches(reader);
  }

  /** One instruction; false after the function's last one. */
  step(): boolean {
    const position = this.#reader.position;
    const instruction = readInstruction(this.#reader);
    const { code, shape, fuel } = instruction;
    const made = this.#floats;
    if (made !== undefined && !hidesNan(code, made)) this.edits.push({ kind: "nan", position, type: made });
    this.#floats = this.#scope.canonicalNans ? nanMadeBy(code) : undefined;
    if (fuel > 0) this.stretches.pay(fuel);
    if (shape === "none") return true;
    if (shape === "local") {
      if (this.#reader.u32() >= this.#locals) this.#reader.fail("unknown local", position);
      return true;
    }
    if (shape === "end") return this.stretches.leave();
    if (shape === "call" || shape === "callIndirect") this.#call(shape, position);
    else if (!this.#flow(shape, position)) this.#other(instruction, position);
    return true;
  }

  // Everything after which the program may go on elsewhere.
  #flow(shape: Shape, position: number): boolean {
    const { stretches } = this;
    switch (shape) {
      case "block":
        this.#blockType(position);
        stretches.enterBlock();
        return true;
      case "loop":
      case "if":
        this.#blockType(position);
        stretches.enterBranch({ isLoop: shape === "loop" });
        return true;
      case "branch":
      case "branchIf":
        stretches.branch(this.#reader.u32());
        break;
      case "branchTable":
        for (let left = branchTargets(this.#reader); left > 0; left -= 1) stretches.branch(this.#reader.u32());
        break;
      case "return":
        this.edits.push({ kind: "return", position, depth: stretches.depth });
        stretches.branch(stretches.depth);
        break;
      case "else":
      case "unreachable":
        break;
      default:
        return false;
    }
    stretches.cut();
    return true;
  }

  #blockType(position: number): void {
    const index = readBlockType(this.#reader);
    if (index !== undefined && index >= this.#scope.types.length) this.#reader.fail("unknown block type", position);
  }

  #call(shape: "call" | "callIndirect", position: number): void {
    const reader = this.#reader;
    const callees = shape === "call" ? this.#scope.functions : this.#scope.types;
    const callee = callees[reader.u32()] ?? reader.fail("a call of an unknown function or type", position);
    if (shape === "callIndirect") reader.u32();
    this.hasCalls = true;
    this.callSlots += callee.parameters.length + callee.results.length;
    this.edits.push({ kind: "call", position, end: reader.position });
  }

  #other({ code, shape }: Instruction, position: number): void {
    const reader = this.#reader;
    if (shape === "global") {
      if (reader.u32() >= this.#scope.globals) reader.fail("unknown global", position);
      return;
    }
    if (shape === "table") this.#table(code, position);
    else skipImmediates(reader, shape);
    const bulk = BULK_PRICES.get(code);
    if (bulk !== undefined) this.edits.push({ kind: "bulk", position, price: bulk });
    if (code === MEMORY_GROW) this.#grow(code, position, new Writer().byte(MEMORY_SIZE, 0));
  }

  #table(code: number, position: number): void {
    const index = this.#reader.u32();
    if (code === TABLE_GROW) this.#grow(code, position, new Writer().byte(0xfc, TABLE_SIZE).u32(index));
  }

  #grow(code: number, position: number, size: Writer): void {
    const price = GROW_PRICES.get(code);
    if (price === undefined) return;
    this.edits.push({ kind: "grow", position, end: this.#reader.position, price, size: size.finish() });
  }
}

/** The instructions that may stand in a constant expression; everything else there is refused. */
const CONSTANT = new Set<Shape>(["i32", "i64", "f32", "f64", "bytes16", "refNull", "index", "global", "none", "end"]);

/** Skips a constant expression. The engine checks its type; here it only may not name the added globals. */
export function skipConstantExpression(reader: Reader, globals: number): void {
  for (let length = 0; length < 1_000; length += 1) {
    const { shape } = readInstruction(reader);
    if (!CONSTANT.has(shape)) reader.fail("an instruction that is no constant");
    if (shape === "end") return;
    if (shape !== "global") skipImmediates(reader, shape);
    else if (reader.u32() >= globals) reader.fail("unknown global");
  }
  reader.fail("a constant expression of more than 1000 instructions");
}
