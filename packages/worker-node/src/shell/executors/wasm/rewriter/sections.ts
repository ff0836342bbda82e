// Parses a module's sections as far as the rewriter needs them, and refuses every feature outside of the runtime class.
import { readReferenceType, readValueType } from "./immediates.ts";
import { skipConstantExpression } from "./instructions.ts";
import { Reader } from "./reader.ts";
import { refusal } from "./refusals.ts";
import type { Export, FunctionType, Import, Limits, Table } from "./types.ts";

/** Section numbers, and the order in which they must come. */
export const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  dataCount: 12,
  code: 10,
  data: 11,
} as const;

/** The order in which sections stand in a module (data count comes before code). */
export const SECTION_ORDER: readonly number[] = Object.values(SECTION);

/** Bounds on counts: far above real programs, far below what would make the engine itself expensive. */
const COUNT_MAX = {
  types: 20_000,
  imports: 1_000,
  functions: 50_000,
  parameters: 1_000,
  tables: 8,
  globals: 20_000,
  exports: 20_000,
  segments: 50_000,
  elements: 1_000_000,
} as const;

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Splits a module into its sections; custom ones (names, debugging) are dropped. */
export function splitSections(bytes: Uint8Array): ReadonlyMap<number, Reader> {
  const reader = new Reader(bytes);
  if (bytes.length < 8 || HEADER.some((byte, i) => bytes[i] !== byte)) {
    reader.fail("no WebAssembly module: it does not begin with \\0asm and version 1");
  }
  reader.skip(8);
  const sections = new Map<number, Reader>();
  let last = -1;
  while (!reader.done) {
    const start = reader.position;
    const id = reader.byte();
    const body = reader.slice(reader.u32());
    if (id === 0) {
      body.name();
      continue;
    }
    if (id === 13) reader.fail(`there is a tag section, ${refusal("exceptions")}`, start);
    const place = SECTION_ORDER.indexOf(id);
    if (place < 0) reader.fail(`unknown section ${id}`, start);
    if (place <= last) reader.fail(`section ${id} is repeated or out of order`, start);
    last = place;
    sections.set(id, body);
  }
  return sections;
}

/** The whole content of a section must have been read. */
export function finish(reader: Reader, what: string): void {
  if (!reader.done) reader.fail(`bytes are left over in the ${what} section`);
}

export function parseTypes(reader: Reader): FunctionType[] {
  const types: FunctionType[] = [];
  for (let left = reader.count(COUNT_MAX.types, "types"); left > 0; left -= 1) {
    if (reader.byte() !== 0x60) reader.fail(`a type that is no function type: ${refusal("collected")}`);
    types.push({ parameters: valueTypes(reader), results: valueTypes(reader) });
  }
  finish(reader, "type");
  return types;
}

function valueTypes(reader: Reader): number[] {
  const types: number[] = [];
  for (let left = reader.count(COUNT_MAX.parameters, "parameters or results"); left > 0; left -= 1) {
    types.push(readValueType(reader));
  }
  return types;
}

const IMPORT_KINDS = ["function", "table", "memory", "global", "tag"];

export function parseImports(reader: Reader, types: readonly FunctionType[]): Import[] {
  const imports: Import[] = [];
  for (let left = reader.count(COUNT_MAX.imports, "imports"); left > 0; left -= 1) {
    const namespace = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    if (kind === 2) reader.fail(`it imports a memory: ${refusal("importedMemory")}`);
    if (kind !== 0)
      reader.fail(`it imports a ${IMPORT_KINDS[kind] ?? "thing of unknown kind"}: only functions can be imported`);
    imports.push({ namespace, name, type: typeAt(reader, types) });
  }
  finish(reader, "import");
  return imports;
}

export function parseFunctions(reader: Reader, types: readonly FunctionType[]): FunctionType[] {
  const functions: FunctionType[] = [];
  for (let left = reader.count(COUNT_MAX.functions, "functions"); left > 0; left -= 1) {
    functions.push(typeAt(reader, types));
  }
  finish(reader, "function");
  return functions;
}

function typeAt(reader: Reader, types: readonly FunctionType[]): FunctionType {
  return types[reader.u32()] ?? reader.fail("unknown type");
}

/** Limits of a table or memory; shared and 64-bit ones are refused. */
function parseLimits(reader: Reader): Limits {
  const flags = reader.byte();
  if ((flags & 2) !== 0) reader.fail(refusal("sharedMemory"));
  if ((flags & 4) !== 0) reader.fail(refusal("memory64"));
  if (flags > 1) reader.fail(`unknown limits flags ${flags}`);
  const minimum = reader.u32();
  return { minimum, maximum: flags === 1 ? reader.u32() : undefined };
}

export function parseTables(reader: Reader): Table[] {
  const tables: Table[] = [];
  for (let left = reader.count(COUNT_MAX.tables, "tables"); left > 0; left -= 1) {
    tables.push({ type: readReferenceType(reader), ...parseLimits(reader) });
  }
  finish(reader, "table");
  return tables;
}

export function parseMemories(reader: Reader): Limits[] {
  const memories: Limits[] = [];
  const count = reader.u32();
  if (count > 1) reader.fail(`${count} memories: ${refusal("memories")}`);
  if (count === 1) memories.push(parseLimits(reader));
  finish(reader, "memory");
  return memories;
}

/** Checks the global section; returns how many there are and where the first one stands. */
export function parseGlobals(reader: Reader): { readonly count: number; readonly body: Uint8Array } {
  const count = reader.count(COUNT_MAX.globals, "globals");
  const from = reader.position;
  for (let index = 0; index < count; index += 1) {
    readValueType(reader);
    if (reader.byte() > 1) reader.fail("unknown mutability of a global");
    skipConstantExpression(reader, index);
  }
  finish(reader, "global");
  return { count, body: reader.bytes.subarray(from, reader.position) };
}

export function parseExports(reader: Reader, globals: number): { readonly list: Export[]; readonly body: Uint8Array } {
  const list: Export[] = [];
  const count = reader.count(COUNT_MAX.exports, "exports");
  const from = reader.position;
  for (let left = count; left > 0; left -= 1) {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.u32();
    if (kind > 3) reader.fail(`it exports a ${IMPORT_KINDS[kind] ?? "thing of unknown kind"}, which is not supported`);
    if (kind === 3 && index >= globals) reader.fail("unknown global");
    list.push({ name, kind, index });
  }
  finish(reader, "export");
  return { list, body: reader.bytes.subarray(from, reader.position) };
}

/** Which function the engine would call first; it gets and gives nothing. */
export function parseStart(reader: Reader, functions: readonly FunctionType[]): number {
  const index = reader.u32();
  const type = functions[index] ?? reader.fail("the start function doesn't exist");
  if (type.parameters.length + type.results.length > 0) reader.fail("the start function has parameters or results");
  finish(reader, "start");
  return index;
}

/** Checks the element segments. */
export function checkElements(reader: Reader, globals: number): void {
  for (let left = reader.count(COUNT_MAX.segments, "element segments"); left > 0; left -= 1) {
    const flags = reader.u32();
    if (flags > 7) reader.fail(`unknown element segment flags ${flags}`);
    const active = (flags & 1) === 0;
    const expressions = (flags & 4) !== 0;
    if (active && (flags & 2) !== 0) reader.u32();
    if (active) skipConstantExpression(reader, globals);
    if ((flags & 3) !== 0) {
      if (expressions) readReferenceType(reader);
      else if (reader.byte() !== 0) reader.fail("unknown element kind");
    }
    for (let items = reader.count(COUNT_MAX.elements, "elements"); items > 0; items -= 1) {
      if (expressions) skipConstantExpression(reader, globals);
      else reader.u32();
    }
  }
  finish(reader, "element");
}

/** Checks the data segments. */
export function checkData(reader: Reader, globals: number): void {
  for (let left = reader.count(COUNT_MAX.segments, "data segments"); left > 0; left -= 1) {
    const flags = reader.u32();
    if (flags > 2) reader.fail(`unknown data segment flags ${flags}`);
    if (flags === 2 && reader.u32() !== 0) reader.fail(refusal("memories"));
    if (flags !== 1) skipConstantExpression(reader, globals);
    reader.skip(reader.u32());
  }
  finish(reader, "data");
}
