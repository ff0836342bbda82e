// The daemon's handle of one sandbox process: start it, exchange frames with it, kill it.
import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import type { RunProgress } from "../executor.ts";
import { encodeFrame, FrameAssembler } from "./frames.ts";
import { type RunRequest, readSandboxMessage, type SandboxMessage } from "./messages.ts";
import { standBehind } from "./niceness.ts";
import { sandboxSources } from "./sources.ts";
import { SANDBOX_EXIT, WATCHDOG_SOURCE } from "./watchdog.ts";

/** A sandbox that isn't ready by then never will be. Generous: a loaded small machine may start many at once. */
const START_TIMEOUT_MS = 20_000;

/** Bytes of a sandbox's own complaints that are kept for the message. */
const COMPLAINT_BYTES_MAX = 2_048;

/** A frame without outputs weighs less than this. */
const SMALL_FRAME_BYTES = 64 * 1024;

/** Why a sandbox gave no answer. */
export type Silence =
  | { readonly kind: "timedOut" }
  | { readonly kind: "killed" }
  | { readonly kind: "outOfMemory" }
  | { readonly kind: "died"; readonly message: string };

/** The last message of a run. */
export type Answer = Extract<SandboxMessage, { type: "completed" | "failed" | "broken" }>;

type Ending = { readonly kind: "answered"; readonly message: Answer; readonly parts: readonly Uint8Array[] } | Silence;

/** How an exchange ended, and the log up to then. */
export type Reply = Ending & { readonly log: string };

/** One exchange: the request, its binary parts and its bounds. */
export interface Exchange {
  readonly request: RunRequest;
  readonly parts: readonly Uint8Array[];
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly logBytesMax: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
}

/** One sandbox process. It runs one program at a time; after `kill` or a death it is of no more use. */
export class Sandbox {
  readonly #process: ChildProcess;
  readonly #channel: Duplex;
  readonly #frames = new FrameAssembler(SMALL_FRAME_BYTES);
  readonly #exited: Promise<unknown>;
  /** Keys of the programs that it has compiled. */
  readonly programs = new Set<string>();
  #complaints = "";
  #silence: Silence | undefined;
  #onMessage: (message: SandboxMessage, parts: readonly Uint8Array[]) => void = () => undefined;
  #onSilence: (silence: Silence) => void = () => undefined;

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.#channel = process.stdio[3] as Duplex;
    this.#exited = new Promise((resolve) => process.once("close", resolve));
    process.once("close", (code, signal) => this.#ended(code, signal));
    process.once("error", (error) => this.#end({ kind: "died", message: error.message }));
    process.stderr?.on("data", (chunk: Buffer) => {
      this.#complaints = (this.#complaints + chunk.toString()).slice(-COMPLAINT_BYTES_MAX);
    });
    // Writing to a process that has just died fails; its exit is what tells.
    process.stdin?.on("error", () => undefined);
    this.#channel.on("error", () => undefined);
    this.#channel.on("data", (chunk: Uint8Array) => this.#receive(chunk));
  }

  /** Starts a sandbox, so many steps of niceness behind this process, and waits until it is ready. Rejects with the reason when it isn't. */
  static async start(niceness: number): Promise<Sandbox> {
    const sources = Buffer.from(JSON.stringify(sandboxSources()));
    const child = spawnProcess();
    // Before it has any threads.
    if (child.pid !== undefined) standBehind(child.pid, niceness);
    const sandbox = new Sandbox(child);
    const silence = await new Promise<Silence | undefined>((resolve) => {
      const timer = setTimeout(() => finish({ kind: "timedOut" }), START_TIMEOUT_MS);
      const finish = (result: Silence | undefined): void => {
        clearTimeout(timer);
        resolve(result);
      };
      sandbox.#onMessage = () => finish(undefined);
      sandbox.#onSilence = finish;
      sandbox.#sendSources(sources);
    });
    sandbox.#stopListening();
    if (silence === undefined) return sandbox;
    await sandbox.kill();
    throw new Error(silence.kind === "died" ? silence.message : "the sandbox process did not start in time");
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get dead(): boolean {
    return this.#silence !== undefined;
  }

  /** Sends a request and waits for its end; on a timeout or abort the process is killed and gone when this resolves. */
  async exchange(exchange: Exchange): Promise<Reply> {
    const { signal } = exchange;
    this.#frames.bytesMax = exchange.outputBytesMax + SMALL_FRAME_BYTES;
    const log = new LogCollector(exchange.logBytesMax);
    const ending = await new Promise<Ending>((resolve) => {
      const timer = setTimeout(() => finish({ kind: "timedOut" }), exchange.timeoutMs);
      const abort = (): void => finish({ kind: "killed" });
      const finish = (result: Ending): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
        resolve(result);
      };
      this.#onSilence = finish;
      this.#onMessage = (message, parts) => {
        if (message.type === "progress") exchange.onProgress(message);
        else if (message.type === "log") log.take(parts);
        else if (message.type !== "ready") finish({ kind: "answered", message, parts });
      };
      signal.addEventListener("abort", abort);
      if (this.#silence !== undefined) finish(this.#silence);
      else if (signal.aborted) abort();
      else this.#send(exchange);
    });
    this.#stopListening();
    if (ending.kind !== "answered") await this.kill();
    return { ...ending, log: log.text() };
  }

  #stopListening(): void {
    this.#onMessage = () => undefined;
    this.#onSilence = () => undefined;
  }

  /** Kills the process and waits until it is gone. Nothing of a run can survive: a program can't make processes. */
  async kill(): Promise<void> {
    this.#silence ??= { kind: "killed" };
    this.#process.kill("SIGKILL");
    if (this.#process.pid !== undefined) await this.#exited;
  }

  #sendSources(sources: Uint8Array): void {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(sources.length);
    this.#channel.write(Buffer.concat([size, sources]));
  }

  #send({ request, parts }: Exchange): void {
    this.#channel.cork();
    for (const buffer of encodeFrame(request, parts)) this.#channel.write(buffer);
    this.#channel.uncork();
  }

  #receive(chunk: Uint8Array): void {
    try {
      this.#frames.push(chunk);
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
        const message = readSandboxMessage(frame.header);
        if (message === undefined) throw new TypeError("a message that makes no sense");
        this.#onMessage(message, frame.parts);
      }
    } catch (error) {
      this.#end({ kind: "died", message: `the sandbox broke its protocol: ${String(error)}` });
      this.#process.kill("SIGKILL");
    }
  }

  #ended(code: number | null, signal: string | null): void {
    if (code === SANDBOX_EXIT.outOfMemory) {
      this.#end({ kind: "outOfMemory" });
      return;
    }
    const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
    this.#end({
      kind: "died",
      message: `the sandbox process ${how}${this.#complaints === "" ? "" : `: ${this.#complaints}`}`,
    });
  }

  #end(silence: Silence): void {
    this.#silence ??= silence;
    this.#onSilence(this.#silence);
  }
}

/** The sandbox's own last line about what it has dropped comes on top of the cap. */
const LOG_NOTICE_BYTES = 128;

/** Gathers a log; a sandbox that sends more than it may is broken. */
class LogCollector {
  readonly #chunks: Uint8Array[] = [];
  #left: number;

  constructor(bytesMax: number) {
    this.#left = bytesMax + LOG_NOTICE_BYTES;
  }

  take(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#left -= part.length;
      if (this.#left < 0) throw new RangeError("more log than allowed");
      this.#chunks.push(part);
    }
  }

  text(): string {
    return new TextDecoder().decode(Buffer.concat(this.#chunks));
  }
}

function spawnProcess(): ChildProcess {
  const options = [
    // Nothing is allowed but a thread: no file, no process, no native code.
    "--permission",
    "--allow-worker",
    "--no-warnings",
    "--disallow-code-generation-from-strings",
    "--expose-gc",
    // An inlined function's slots would count as its caller's, and escape the rewriter's bound on frames.
    "--no-wasm-inlining",
  ];
  // An empty environment: nothing of the daemon's is worth a program's while. The folder is one that always exists.
  return spawn(process.execPath, [...options, "--eval", WATCHDOG_SOURCE], {
    env: {},
    cwd: "/",
    stdio: ["pipe", "ignore", "pipe", "pipe"],
  });
}
