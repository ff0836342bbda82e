// Small WASI programs for the tests, made with the assembler so that they need no compiler.
import { assemble, i32, i64, indexed, TYPE } from "../../src/shell/executors/wasm/assembler.ts";

const { i32: word, i64: long } = TYPE;

/** The WASI functions that these programs import, in the order of their indices. */
const IMPORTS = [
  { name: "path_open", parameters: [word, word, word, word, word, long, long, word, word], results: [word] },
  { name: "fd_read", parameters: [word, word, word, word], results: [word] },
  { name: "fd_write", parameters: [word, word, word, word], results: [word] },
  { name: "args_get", parameters: [word, word], results: [word] },
  { name: "args_sizes_get", parameters: [word, word], results: [word] },
  { name: "environ_get", parameters: [word, word], results: [word] },
  { name: "environ_sizes_get", parameters: [word, word], results: [word] },
  { name: "random_get", parameters: [word, word], results: [word] },
  { name: "clock_time_get", parameters: [word, long, word], results: [word] },
  { name: "proc_exit", parameters: [word], results: [] },
];

/** Addresses: an opened descriptor, a vector, a result, then strings, then a buffer of 32 KiB. */
const AT = { descriptor: 0, vector: 8, result: 16, strings: 64, buffer: 16_384 } as const;
const BUFFER_BYTES = 32_768;
const DROP = 0x1a;

type Code = readonly number[];

/** Collects instructions and strings; methods append and return the builder. */
export class ProgramBuilder {
  readonly #code: number[] = [];
  readonly #data: { offset: number; bytes: Uint8Array }[] = [];
  #stringsEnd: number = AT.strings;

  add(...code: readonly Code[]): this {
    this.#code.push(...code.flat());
    return this;
  }

  /** Calls a WASI function and forgets its error number. */
  call(name: string, ...parameters: readonly Code[]): this {
    const index = IMPORTS.findIndex((known) => known.name === name);
    const drop = IMPORTS[index]?.results.length === 0 ? [] : [DROP];
    return this.add(...parameters, indexed(0x10, index), drop);
  }

  /** Places a string in memory. */
  text(value: string): { readonly at: number; readonly length: number } {
    const bytes = new TextEncoder().encode(value);
    const at = this.#stringsEnd;
    this.#data.push({ offset: at, bytes });
    this.#stringsEnd += bytes.length;
    return { at, length: bytes.length };
  }

  /** Opens a path below the root; the descriptor is at a fixed address afterwards. */
  open(path: string, create: boolean): this {
    const { at, length } = this.text(path);
    const rights = i64(create ? 64n : 2n);
    const name = [...i32(at), ...i32(length), ...i32(create ? 1 : 0)];
    return this.call("path_open", i32(3), i32(0), name, rights, rights, i32(0), i32(AT.descriptor));
  }

  /** The descriptor that was opened last. */
  get opened(): Code {
    return [...i32(AT.descriptor), 0x28, 2, 0];
  }

  /** Writes memory to a descriptor. */
  write(descriptor: Code, at: number, length: Code): this {
    this.add([...i32(AT.vector), ...i32(at), 0x36, 2, 0], [...i32(AT.vector + 4), ...length, 0x36, 2, 0]);
    return this.call("fd_write", descriptor, i32(AT.vector), i32(1), i32(AT.result));
  }

  /** Writes a string to a descriptor. */
  say(descriptor: Code, value: string): this {
    const { at, length } = this.text(value);
    return this.write(descriptor, at, i32(length));
  }

  /** Reads the opened file into the buffer; its length is at the result's address. */
  read(): this {
    this.add([...i32(AT.vector), ...i32(AT.buffer), 0x36, 2, 0]);
    this.add([...i32(AT.vector + 4), ...i32(BUFFER_BYTES), 0x36, 2, 0]);
    return this.call("fd_read", this.opened, i32(AT.vector), i32(1), i32(AT.result));
  }

  build(pages = 1): Uint8Array {
    return assemble({ imports: IMPORTS, functions: [{ code: this.#code }], data: this.#data, pages });
  }
}

const RESULT: Code = [...i32(AT.result), 0x28, 2, 0];

/** Copies `/in/<name>` to `/out/copy` and to the standard output. */
export function copyProgram(name: string): Uint8Array {
  const program = new ProgramBuilder().open(`in/${name}`, false).read();
  // The length moves on, since every write overwrites the result.
  program.add([...i32(AT.result + 8), ...RESULT, 0x36, 2, 0]);
  const length = [...i32(AT.result + 8), 0x28, 2, 0];
  program.write(i32(1), AT.buffer, length);
  return program.open("out/copy", true).write(program.opened, AT.buffer, length).build();
}

/** Writes its arguments and its environment, each string ended by a zero, to `/out/args` and `/out/env`. */
export function describeProgram(): Uint8Array {
  const program = new ProgramBuilder();
  for (const [output, prefix] of [
    ["args", "args"],
    ["env", "environ"],
  ] as const) {
    program.call(`${prefix}_sizes_get`, i32(AT.result), i32(AT.result + 4));
    program.call(`${prefix}_get`, i32(8_192), i32(AT.buffer));
    program.add([...i32(AT.result + 8), ...i32(AT.result + 4), 0x28, 2, 0, 0x36, 2, 0]);
    program.open(`out/${output}`, true).write(program.opened, AT.buffer, [...i32(AT.result + 8), 0x28, 2, 0]);
  }
  return program.build();
}

/** Writes 64 random bytes and two looks at the clock to `/out/noise`. */
export function noiseProgram(): Uint8Array {
  const program = new ProgramBuilder();
  program.call("random_get", i32(AT.buffer), i32(64));
  program.call("clock_time_get", i32(0), i64(0n), i32(AT.buffer + 64));
  program.call("clock_time_get", i32(1), i64(0n), i32(AT.buffer + 72));
  return program.open("out/noise", true).write(program.opened, AT.buffer, i32(80)).build();
}

/** Writes the given text to `/progress` and `1` to `/out/done`. */
export function progressProgram(text: string): Uint8Array {
  const program = new ProgramBuilder().open("progress", true);
  program.say(program.opened, text).open("out/done", true);
  return program.say(program.opened, "1").build();
}

/** Says something on the standard error, then does what the code does. */
export function sayingProgram(text: string, then: Code): Uint8Array {
  return new ProgramBuilder().say(i32(2), text).add(then).build();
}

/** Creates so many files of one byte under `/out`. */
export function manyFilesProgram(count: number): Uint8Array {
  const program = new ProgramBuilder();
  for (let i = 0; i < count; i += 1) program.open(`out/${i}`, true).say(program.opened, "x");
  return program.build();
}

export const UNREACHABLE: Code = [0x00];
export const ENDLESS_LOOP: Code = [0x03, 0x40, 0x0c, 0x00, 0x0b];
export const DIVIDE_BY_ZERO: Code = [...i32(1), ...i32(0), 0x6d, DROP];
export const OUT_OF_BOUNDS: Code = [...i32(-4), 0x28, 2, 0, DROP];
export const exitWith = (code: number): Code => [...i32(code), ...indexed(0x10, IMPORTS.length - 1)];
