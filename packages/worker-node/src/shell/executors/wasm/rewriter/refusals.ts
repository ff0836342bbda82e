// What a module may not use, by name, and what its author can do about it.

/** A feature outside of the runtime class: what it is called, and how to build without it. */
interface Refusal {
  readonly feature: string;
  readonly advice: string;
}

/** The features that a compiler may have put into a module. */
const FEATURES = {
  exceptions: {
    feature: "exception handling",
    advice: "build without it (clang: no -fwasm-exceptions; Rust: panic = abort)",
  },
  tailCalls: { feature: "tail calls", advice: "build without it (clang: -mno-tail-call)" },
  references: {
    feature: "typed function references",
    advice: "build without it (wasm-opt: --disable-gc, no typed function references)",
  },
  collected: {
    feature: "garbage-collected types",
    advice: "build for linear memory (wasm-opt: --disable-gc)",
  },
  threads: {
    feature: "threads and atomics",
    advice: "build for one thread (clang: no -pthread, -mno-atomics; AssemblyScript: --disable threads)",
  },
  relaxedVectors: {
    feature: "relaxed SIMD",
    advice:
      "its results differ between machines, build without it (clang: -mno-relaxed-simd; AssemblyScript: --disable relaxed-simd)",
  },
  sharedMemory: { feature: "shared memory", advice: "build for one thread (clang: no -pthread, no --shared-memory)" },
  memory64: { feature: "64-bit memory", advice: "build for wasm32 (clang: --target=wasm32-wasi)" },
  memories: { feature: "more than one memory", advice: "build without it (wasm-opt: --disable-multimemory)" },
  importedMemory: {
    feature: "an imported memory",
    advice: "let the module make its own (wasm-ld: no --import-memory; AssemblyScript: no --importMemory)",
  },
} as const satisfies Record<string, Refusal>;

const BY_OPCODE: readonly (readonly [opcodes: readonly number[], refusal: Refusal])[] = [
  [[0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f], FEATURES.exceptions],
  [[0x12, 0x13], FEATURES.tailCalls],
  [[0x14, 0x15, 0xd3, 0xd4, 0xd5, 0xd6], FEATURES.references],
  [[0xfb], FEATURES.collected],
  [[0xfe], FEATURES.threads],
];

/** Says that a feature isn't supported, and what to try. */
export function refusal(name: keyof typeof FEATURES): string {
  return sentence(FEATURES[name]);
}

/** The same for an opcode that exists in the standard or in an engine, or that nobody knows. */
export function opcodeRefusal(opcode: number): string {
  const known = BY_OPCODE.find(([opcodes]) => opcodes.includes(opcode))?.[1];
  const hex = `0x${opcode.toString(16).padStart(2, "0")}`;
  return known === undefined ? `unknown opcode ${hex}` : `opcode ${hex}: ${sentence(known)}`;
}

function sentence({ feature, advice }: Refusal): string {
  return `${feature}: not supported, ${advice}`;
}
