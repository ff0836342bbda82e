// The demo as a child process that can be interrupted at any step, in a temporary folder of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { within } from "./deadline.ts";
import { environmentWithoutRunner, processesMentioning } from "./processes.ts";
import { root } from "./test-devnet.ts";

/** Longest run of a demo on a busy machine. */
const demoMsMax = 150_000;

/** A running or ended demo. */
export class DemoProcess {
  /** Its temporary folder; results go below it too. */
  readonly folder: string;
  readonly results: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  #stdout = "";
  #stderr = "";
  #onText: () => void = () => undefined;

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.folder = mkdtempSync(join(tmpdir(), "starling-demo-test-"));
    this.results = join(this.folder, "results");
    const program = join(root, "scripts/demo.ts");
    const all = ["--disable-warning=ExperimentalWarning", program, "--to", this.results, ...args];
    this.#child = spawn(process.execPath, all, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...environmentWithoutRunner(), TMPDIR: this.folder, ...environment },
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#stdout += chunk.toString("utf8");
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString("utf8");
      this.#onText();
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code) => resolve(code ?? -1));
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Its exit code; -1 when it was killed. */
  async ended(): Promise<number> {
    return await within(() => `end of the demo\n${this.#stderr}`, this.#ended, demoMsMax);
  }

  /** Resolves when its progress matches. */
  async says(pattern: RegExp): Promise<void> {
    const said = new Promise<void>((resolve, reject) => {
      this.#onText = () => {
        if (pattern.test(this.#stderr)) resolve();
      };
      this.#onText();
      this.#ended.then(() => reject(new Error(`the demo ended before it said ${pattern}\n${this.#stderr}`)), reject);
    });
    await within(() => `demo says ${pattern}\n${this.#stderr}`, said, demoMsMax);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Living processes that have anything to do with it. */
  relatives(): readonly number[] {
    return processesMentioning(this.folder).filter((pid) => pid !== this.#child.pid);
  }

  /** What it left in its temporary folder beside the results. */
  leftovers(): readonly string[] {
    return readdirSync(this.folder).filter((name) => name !== "results" && name !== "node-compile-cache");
  }

  /** A result file. */
  result(path: string): Buffer {
    return readFileSync(join(this.results, path));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
