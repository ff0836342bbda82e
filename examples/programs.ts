// Which example programs there are: an AssemblyScript source each, and the WebAssembly module that is committed beside it.

/** A program of an example; paths are relative to this folder. */
export interface ExampleProgram {
  readonly source: string;
  readonly module: string;
}

const program = (folder: string, name: string): ExampleProgram => ({
  source: `${folder}/assembly/${name}.ts`,
  module: `${folder}/${name}.wasm`,
});

/** Every committed module. */
export const EXAMPLE_PROGRAMS: readonly ExampleProgram[] = [
  program("digits-sweep", "train"),
  program("digits-sweep", "reduce"),
  program("noop", "noop"),
  program("misbehave", "endless-loop"),
  program("misbehave", "endless-recursion"),
  program("misbehave", "huge-output"),
  program("misbehave", "exit-three"),
  program("misbehave", "log-flood"),
  program("misbehave", "memory-hog"),
];
