// Which example programs there are: the sources of each, and the WebAssembly module that is committed beside them.

/** A program of an example; paths are relative to this folder. */
export interface ExampleProgram {
  readonly language: "assemblyscript" | "c" | "rust";
  /** What the compiler is given. */
  readonly sources: readonly string[];
  /** Folders of which every file counts as a source. */
  readonly folders: readonly string[];
  readonly module: string;
}

const assemblyScript = (folder: string, name: string): ExampleProgram => ({
  language: "assemblyscript",
  sources: [`${folder}/assembly/${name}.ts`],
  folders: ["assembly", `${folder}/assembly`],
  module: `${folder}/${name}.wasm`,
});

const words = (name: string): ExampleProgram => ({
  language: "c",
  sources: [`word-count/c/${name}.c`, "word-count/c/table.c"],
  folders: ["word-count/c"],
  module: `word-count/${name}.wasm`,
});

/** Every committed module. */
export const EXAMPLE_PROGRAMS: readonly ExampleProgram[] = [
  assemblyScript("digits-sweep", "train"),
  assemblyScript("digits-sweep", "reduce"),
  assemblyScript("noop", "noop"),
  assemblyScript("misbehave", "endless-loop"),
  assemblyScript("misbehave", "endless-recursion"),
  assemblyScript("misbehave", "huge-output"),
  assemblyScript("misbehave", "exit-three"),
  assemblyScript("misbehave", "log-flood"),
  assemblyScript("misbehave", "memory-hog"),
  words("count"),
  words("merge"),
  {
    language: "rust",
    sources: ["word-count/rust/count.rs"],
    folders: ["word-count/rust"],
    module: "word-count/count-rust.wasm",
  },
];
