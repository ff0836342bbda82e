// What a benchmark is, and what it finds.

/** One line of the table. */
export interface Figure {
  readonly name: string;
  /** What was measured, for people. */
  readonly ours: string;
  /** How, in a few words. */
  readonly how: string;
  /** The same as numbers, for programs; each name says its unit. */
  readonly values: Readonly<Record<string, number>>;
  /** Which goal and which peer's figure stand beside it. */
  readonly beside?: Beside;
}

/** What a figure is compared with, quoted from the design. */
export interface Beside {
  readonly goal: string;
  readonly peer: string;
}

/** What a benchmark may use. */
export interface BenchContext {
  /** Aborts when its time is over or the user has enough. */
  readonly signal: AbortSignal;
  /** An empty folder on a real disk, removed afterwards. */
  readonly folder: string;
  /** Tells the user how far it is. */
  readonly say: (text: string) => void;
}

/** A benchmark runs in a process of its own, so that none inherits the heap and the warm code of another. */
export interface Benchmark {
  readonly name: string;
  /** It is stopped after this. */
  readonly limitMs: number;
  /** Flags of Node, such as the size of its heap. */
  readonly nodeFlags?: readonly string[];
  /** Loads the module that measures. */
  readonly load: () => Promise<{ readonly measure: (context: BenchContext) => Promise<readonly Figure[]> }>;
}
