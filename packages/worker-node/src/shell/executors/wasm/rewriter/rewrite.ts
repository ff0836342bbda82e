// Turns a stranger's module into one that is safe to run: only known features, bounded memory and call depth, counted fuel.
import { sizeText } from "../size-text.ts";
import { type Counting, rewriteBody } from "./code.ts";
import { OP } from "./fuel-code.ts";
import { importProblem } from "./imports.ts";
import { Malformed, Reader } from "./reader.ts";
import {
  checkData,
  checkElements,
  finish,
  parseExports,
  parseFunctions,
  parseGlobals,
  parseImports,
  parseMemories,
  parseStart,
  parseTables,
  parseTypes,
  SECTION,
  SECTION_ORDER,
  splitSections,
} from "./sections.ts";
import type { Export, FunctionType, Import, Limits, Table } from "./types.ts";
import { Writer } from "./writer.ts";

/** The name under which the rest of the stack budget is exported; negative after an overflow. Programs can't use it. */
export const STACK_EXPORT = "starling:stack";

/**
 * The name under which the rest of the fuel is exported, an i64 that has to be set before anything runs; negative once it
 * is used up. Programs can't use it.
 */
export const FUEL_EXPORT = "starling:fuel";

/** The name of the module's start function, if it has one: it has to be called first, once fuel and memory are there. */
export const START_EXPORT = "starling:start";

const RESERVED: readonly string[] = [STACK_EXPORT, FUEL_EXPORT, START_EXPORT];

/** Bytes of one WebAssembly memory page. */
export const PAGE_BYTES = 65_536;

/** What 32-bit addresses reach. */
const PAGES_MAX = 65_536;

/** Larger modules are refused: parsing and compiling costs time and memory before any limit on the run applies. */
const MODULE_BYTES_MAX = 32 * 1024 * 1024;

/** What the code may grow to: compilers make a third more of theirs, loops of nothing could become seven times as large. */
const CODE_BYTES_MAX = 64 * 1024 * 1024;

/** Elements of one table: what it may grow to. Tables lie in the engine's own heap, which all of them must fit into. */
const TABLE_ELEMENTS_MAX = 200_000;

/** What is enforced by changing the module. */
export interface RewriteLimits {
  readonly memoryBytes: number;
  /** The stack budget in bytes of worst-case native frames. */
  readonly stackBytes: number;
  /** Whether NaNs that arithmetic makes get one form, the same on every processor; it costs time. Default: they don't. */
  readonly canonicalNans?: boolean;
}

/** The safe module, or why there is none, by the same reasons as in a run's outcome. */
export type Rewritten =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: "badModule" | "badProgram" | "memory"; readonly message: string };

/** Rewrites a module. Total: any bytes give a result, never an exception. */
export function rewrite(bytes: Uint8Array, limits: RewriteLimits): Rewritten {
  try {
    if (bytes.length > MODULE_BYTES_MAX) {
      throw new Malformed(`the module has ${bytes.length} bytes, the limit is ${MODULE_BYTES_MAX}`);
    }
    const module = parse(bytes);
    const problem = programProblem(module, limits);
    return problem ?? { ok: true, bytes: emit(module, limits) };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, reason: "badModule", message: error.message };
    throw error;
  }
}

interface Parsed {
  readonly sections: ReadonlyMap<number, Reader>;
  readonly types: readonly FunctionType[];
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionType[];
  readonly tables: readonly Table[];
  readonly memory: Limits | undefined;
  readonly globals: { readonly count: number; readonly body: Uint8Array };
  readonly exports: { readonly list: readonly Export[]; readonly body: Uint8Array };
  /** Index of the start function. */
  readonly start: number | undefined;
}

const EMPTY = Uint8Array.of(0);

function parse(bytes: Uint8Array): Parsed {
  const sections = splitSections(bytes);
  const section = (id: number): Reader => sections.get(id) ?? new Reader(EMPTY);
  const types = parseTypes(section(SECTION.type));
  const imports = parseImports(section(SECTION.import), types);
  const functions = parseFunctions(section(SECTION.function), types);
  const tables = parseTables(section(SECTION.table));
  const memory = parseMemories(section(SECTION.memory))[0];
  const globals = parseGlobals(section(SECTION.global));
  const start = sections.get(SECTION.start);
  const exports = parseExports(section(SECTION.export), globals.count);
  checkElements(section(SECTION.element), globals.count);
  checkData(section(SECTION.data), globals.count);
  return {
    ...{ sections, types, imports, functions, tables, memory, globals, exports },
    start: start && parseStart(start, [...imports.map(({ type }) => type), ...functions]),
  };
}

function programProblem(module: Parsed, limits: RewriteLimits): Rewritten | undefined {
  const bad = (message: string): Rewritten => ({ ok: false, reason: "badProgram", message });
  const has = (name: string, kind: number): boolean =>
    module.exports.list.some((e) => e.name === name && e.kind === kind);
  const reserved = module.exports.list.find((e) => RESERVED.includes(e.name));
  if (reserved !== undefined) return bad(`it exports the reserved name ${reserved.name}`);
  for (const { namespace, name, type } of module.imports) {
    const problem = importProblem(namespace, name, type);
    if (problem !== undefined) return bad(problem);
  }
  const start = module.exports.list.find((e) => e.name === "_start" && e.kind === 0);
  if (start === undefined) return bad("it exports no function _start: build it as a WASI command, not as a library");
  const startType = [...module.imports.map(({ type }) => type), ...module.functions][start.index];
  if (startType !== undefined && startType.parameters.length + startType.results.length > 0)
    return bad("its _start has parameters or results, which a WASI command's has not");
  if (!has("memory", 2) || module.memory === undefined) return bad("it exports no memory named memory");
  const needed = module.memory.minimum * PAGE_BYTES;
  if (needed <= limits.memoryBytes) return undefined;
  return {
    ok: false,
    reason: "memory",
    message: `it asks for ${sizeText(needed)} of memory at its start, the limit is ${sizeText(limits.memoryBytes)}`,
  };
}

function emit(module: Parsed, limits: RewriteLimits): Uint8Array {
  const types = [...module.types];
  const changed = new Map<number, Uint8Array>();
  changed.set(SECTION.table, tableSection(module.tables));
  changed.set(SECTION.memory, memorySection(module.memory, limits.memoryBytes));
  changed.set(SECTION.global, globalSection(module.globals, limits.stackBytes));
  changed.set(SECTION.export, exportSection(module));
  changed.set(SECTION.code, codeSection(module, { types, canonicalNans: limits.canonicalNans ?? false }));
  // Last, since rewriting the code may have added types.
  changed.set(SECTION.type, typeSection(types));
  const out = new Writer().byte(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  for (const id of SECTION_ORDER) {
    if (id === SECTION.start) continue;
    const original = module.sections.get(id);
    const untouched = original?.bytes.subarray(original.start, original.end);
    const body = changed.get(id) ?? untouched;
    if (body !== undefined) out.byte(id).sized(body);
  }
  return out.finish();
}

function typeSection(types: readonly FunctionType[]): Uint8Array {
  const out = new Writer().u32(types.length);
  for (const type of types) {
    out
      .byte(0x60)
      .u32(type.parameters.length)
      .byte(...type.parameters);
    out.u32(type.results.length).byte(...type.results);
  }
  return out.finish();
}

function tableSection(tables: readonly Table[]): Uint8Array {
  const out = new Writer().u32(tables.length);
  for (const { type, minimum, maximum } of tables) {
    if (minimum > TABLE_ELEMENTS_MAX) {
      throw new Malformed(`a table of ${minimum} elements, the limit is ${TABLE_ELEMENTS_MAX}`);
    }
    out
      .byte(type, 1)
      .u32(minimum)
      .u32(Math.min(maximum ?? TABLE_ELEMENTS_MAX, TABLE_ELEMENTS_MAX));
  }
  return out.finish();
}

// A grow beyond the cap then fails inside the program, as on a machine without more memory: it sees -1.
function memorySection(memory: Limits | undefined, memoryBytes: number): Uint8Array {
  if (memory === undefined) return EMPTY;
  const cap = Math.min(Math.floor(memoryBytes / PAGE_BYTES), PAGES_MAX);
  if (memory.maximum !== undefined && (memory.maximum < memory.minimum || memory.maximum > PAGES_MAX)) {
    throw new Malformed("the memory's maximum is below its minimum or above what addresses reach");
  }
  return new Writer()
    .byte(1, 1)
    .u32(memory.minimum)
    .u32(Math.min(memory.maximum ?? cap, cap))
    .finish();
}

// The stack budget is the same for all runs; the fuel is set before each.
function globalSection(globals: Parsed["globals"], stackBytes: number): Uint8Array {
  const out = new Writer().u32(globals.count + 2).raw(globals.body);
  out.byte(OP.i32, 1, OP.i32Const).s32(stackBytes).byte(OP.end);
  return out.byte(OP.i64, 1, OP.i64Const, 0, OP.end).finish();
}

function exportSection({ exports, globals, start }: Parsed): Uint8Array {
  const out = new Writer().u32(exports.list.length + (start === undefined ? 2 : 3)).raw(exports.body);
  out.name(STACK_EXPORT).byte(3).u32(globals.count);
  out
    .name(FUEL_EXPORT)
    .byte(3)
    .u32(globals.count + 1);
  if (start !== undefined) out.name(START_EXPORT).byte(0).u32(start);
  return out.finish();
}

function codeSection(
  module: Parsed,
  { types, canonicalNans }: { readonly types: FunctionType[]; readonly canonicalNans: boolean },
): Uint8Array {
  const reader = module.sections.get(SECTION.code) ?? new Reader(EMPTY);
  const count = reader.u32();
  if (count !== module.functions.length) reader.fail(`${module.functions.length} functions but ${count} bodies`);
  const byResults = new Map<string, number>();
  const counting: Counting = {
    stack: module.globals.count,
    fuel: module.globals.count + 1,
    scope: {
      types: module.types,
      functions: [...module.imports.map((i) => i.type), ...module.functions],
      globals: module.globals.count,
      canonicalNans,
    },
    resultsType: (results) => {
      const key = results.join();
      const known = byResults.get(key);
      if (known !== undefined) return known;
      byResults.set(key, types.length);
      types.push({ parameters: [], results });
      return types.length - 1;
    },
  };
  const out = new Writer().u32(count);
  for (const type of module.functions) {
    out.sized(rewriteBody(reader.slice(reader.u32()), type, counting));
    if (out.size > CODE_BYTES_MAX) reader.fail("the module is too large once its fuel is counted");
  }
  finish(reader, "code");
  return out.finish();
}
