// The compiled programs that a sandbox keeps.
import { rewrite } from "../rewriter/rewrite.ts";
import { RunFailure } from "./failure.ts";

/**
 * The stack budget, in bytes of worst-case frames as the rewriter counts them. The thread's real stack must be larger by
 * what host calls need; real frames are several times smaller than counted, so typical recursion goes 200 000 deep.
 */
const STACK_BUDGET_BYTES = 128 * 1024 * 1024;

/** What is written into a program: another program for each. */
interface ProgramLimits {
  readonly memoryBytes: number;
  readonly canonicalNans?: boolean;
}

/** Compiles on first use, after rewriting. */
export class Programs {
  readonly #compiled = new Map<string, WebAssembly.Module>();

  /** The program of that key; `bytes` are needed when it is new. Throws a `RunFailure` when they are no program. */
  get(key: string, bytes: Uint8Array | undefined, limits: ProgramLimits): WebAssembly.Module {
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    if (bytes === undefined) throw new Error("the sandbox was not given the program");
    const module = compile(bytes, limits);
    this.#compiled.set(key, module);
    return module;
  }

  forget(key: string): void {
    this.#compiled.delete(key);
  }
}

function compile(bytes: Uint8Array, { memoryBytes, canonicalNans = false }: ProgramLimits): WebAssembly.Module {
  const rewritten = rewrite(bytes, { memoryBytes, canonicalNans, stackBytes: STACK_BUDGET_BYTES });
  if (!rewritten.ok) throw new RunFailure(rewritten.reason, rewritten.message);
  try {
    return new WebAssembly.Module(rewritten.bytes);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    // Offsets in the engine's message are those of the rewritten module, so they would mislead.
    throw new RunFailure("badModule", error.message.replace(/^.*?\(\): /, "").replace(/ @\+\d+$/, ""));
  }
}
