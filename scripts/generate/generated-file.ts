// What a generator returns, so that one caller can write it and another can compare it.

/** One generated file, or a hand-written file whose generated parts were replaced. `path` is relative to the root. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** A source of generated text. It writes nothing itself. */
export interface Generator {
  readonly name: string;
  /** Folders in which every file is generated: a file there that no generator names is stale. */
  readonly owns: readonly string[];
  /** All files of this generator, computed afresh; rejects when its sources are wrong. */
  run(root: string): Promise<readonly GeneratedFile[]>;
}
