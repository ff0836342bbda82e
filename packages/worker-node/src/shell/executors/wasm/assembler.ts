// A small assembler for built-in programs and tests: puts sections together around instruction bytes.
import { WASI_NAMESPACE } from "./rewriter/imports.ts";
import { Writer } from "./rewriter/writer.ts";

/** Value type bytes. */
export const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

/** An imported WASI function. */
export interface ImportSource {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** A function; `code` is without the final `end`. Indices count imports first. */
export interface FunctionSource {
  readonly parameters?: readonly number[];
  readonly results?: readonly number[];
  readonly locals?: readonly number[];
  readonly code: readonly number[];
}

/** A module with one memory, whose last function is `_start`. */
export interface ModuleSource {
  readonly imports?: readonly ImportSource[];
  readonly functions: readonly FunctionSource[];
  readonly pages?: number;
  readonly pagesMax?: number;
  readonly data?: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  /** Function indices of a table, for indirect calls. */
  readonly table?: readonly number[];
}

/** `i32.const`. */
export function i32(value: number): number[] {
  return [0x41, ...new Writer().s32(value).finish()];
}

/** `i64.const`. */
export function i64(value: bigint): number[] {
  const bytes: number[] = [0x42];
  let rest = BigInt.asIntN(64, value);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

/** `f64.const`. */
export function f64(value: number): number[] {
  return [0x44, ...new Uint8Array(Float64Array.of(value).buffer)];
}

/** `f32.const`. */
export function f32(value: number): number[] {
  return [0x43, ...new Uint8Array(Float32Array.of(value).buffer)];
}

/** An instruction with one unsigned index: calls, locals, branches. */
export function indexed(opcode: number, index: number): number[] {
  return [opcode, ...new Writer().u32(index).finish()];
}

/** The module's bytes. */
export function assemble(source: ModuleSource): Uint8Array {
  const imports = source.imports ?? [];
  const out = new Writer().byte(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  const section = (id: number, count: number, body: Writer): void => {
    if (count > 0) out.byte(id).sized(new Writer().u32(count).raw(body.finish()).finish());
  };
  const signatures = [...imports, ...source.functions];
  const types = new Writer();
  for (const { parameters, results } of signatures) types.byte(0x60).sized(list(parameters)).sized(list(results));
  section(1, signatures.length, types);
  const imported = new Writer();
  for (const [i, { name }] of imports.entries()) imported.name(WASI_NAMESPACE).name(name).byte(0).u32(i);
  section(2, imports.length, imported);
  const functions = new Writer();
  for (const i of source.functions.keys()) functions.u32(imports.length + i);
  section(3, source.functions.length, functions);
  if (source.table !== undefined) section(4, 1, new Writer().byte(0x70, 0).u32(source.table.length));
  const { pagesMax } = source;
  const memory = new Writer().byte(pagesMax === undefined ? 0 : 1).u32(source.pages ?? 1);
  section(5, 1, pagesMax === undefined ? memory : memory.u32(pagesMax));
  const start = imports.length + source.functions.length - 1;
  section(7, 2, new Writer().name("memory").byte(2, 0).name("_start").byte(0).u32(start));
  if (source.table !== undefined) section(9, 1, elements(source.table));
  const code = new Writer();
  for (const body of source.functions) code.sized(functionBody(body));
  section(10, source.functions.length, code);
  const data = new Writer();
  for (const { offset, bytes } of source.data ?? []) data.byte(0, ...i32(offset), 0x0b).sized(bytes);
  section(11, source.data?.length ?? 0, data);
  return out.finish();
}

function list(types: readonly number[] | undefined): Uint8Array {
  return Uint8Array.from(types ?? []);
}

function elements(table: readonly number[]): Writer {
  const out = new Writer().byte(0, ...i32(0), 0x0b).u32(table.length);
  for (const index of table) out.u32(index);
  return out;
}

function functionBody({ locals, code }: FunctionSource): Uint8Array {
  const out = new Writer().u32(locals?.length ?? 0);
  for (const type of locals ?? []) out.byte(1, type);
  return out.raw(Uint8Array.from(code)).byte(0x0b).finish();
}
