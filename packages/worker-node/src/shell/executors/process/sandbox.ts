// One sandboxed process from its start to its death: bubblewrap is started, looked at, let go, listened to and killed.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { RunProgress } from "../executor.ts";
import { LogStream, ProgressLines } from "../wasm/inside/log.ts";
import {
  descriptor,
  innerLine,
  insidePath,
  outerLine,
  programWords,
  type SandboxPlan,
  sandboxWords,
} from "./arguments.ts";
import type { TaskGroup } from "./cgroup/group.ts";
import { inheritedDescriptors } from "./inherited.ts";
import { NamedPipe } from "./named-pipe.ts";
import { PROGRAM_PATH } from "./program-form.ts";

/** A sandbox that does not stand by then never will. Generous: a loaded small machine may start many at once. */
const START_TIMEOUT_MS = 20_000;

/** Bytes of bubblewrap's own complaints that are kept for the message. */
const COMPLAINT_BYTES_MAX = 2_048;

/** A program that says too much is listened to at this pace, so that a flood does not keep the daemon busy. */
const FLOOD_PAUSE_MS = 5;

/** Nobody has so much progress to tell at once. */
const PROGRESS_BYTES_CALM = 4_096;

/** How one attempt is run. */
export interface SandboxRun {
  readonly plan: SandboxPlan;
  readonly group: TaskGroup;
  /** The seccomp filter as a file. */
  readonly filter: string;
  readonly timeoutMs: number;
  /** From SIGTERM to the kill, where the program is asked first. */
  readonly graceMs: number;
  readonly logBytes: number;
  readonly signal: AbortSignal;
  /** Aborting asks the program to end. */
  readonly stop: AbortSignal | undefined;
  /** The sandbox stands, with its checkpoints there if it has any, and the program waits until it is resolved. */
  readonly prepare: (folder: string) => Promise<void>;
  readonly onProgress: (progress: RunProgress) => void;
}

/** How it ended. Nothing of it is alive any more. */
export type SandboxEnding =
  | { readonly kind: "exited"; readonly status: number; readonly log: string; readonly out: number }
  | { readonly kind: "timedOut"; readonly log: string }
  | { readonly kind: "killed"; readonly log: string }
  | { readonly kind: "broken"; readonly message: string };

/** Runs one program; resolves when all of its processes are dead. An `exited` ending has a descriptor of /out that the caller closes. */
export async function runSandbox(run: SandboxRun): Promise<SandboxEnding> {
  return await new RunningSandbox(run).ending;
}

/** Descriptors of the sandbox that the daemon opens for it. */
interface Opened {
  readonly filter: number;
  readonly nothing: number;
}

function start(plan: SandboxPlan, { filter, nothing }: Opened): ChildProcess {
  const inner = ["/bin/sh", "-c", innerLine(plan), "sh", ...programWords(plan)];
  const words = ["-c", outerLine, "sh", "bwrap", "--args", String(descriptor.words), "--", ...inner];
  const stdio: (number | "pipe" | "ignore")[] = [nothing, nothing, "pipe", filter, "pipe", "pipe", "pipe"];
  for (const number of inheritedDescriptors()) {
    while (stdio.length <= number) stdio.push("ignore");
    // What stands here already is the sandbox's own.
    if (number > descriptor.words) stdio[number] = nothing;
  }
  return spawn("/bin/sh", words, {
    // Bubblewrap is process 1 of the sandbox, and its environment can be read there.
    env: { PATH: PROGRAM_PATH },
    cwd: "/",
    stdio,
  });
}

type Stage = "building" | "running" | "ending";

class RunningSandbox {
  readonly ending: Promise<SandboxEnding>;
  readonly #run: SandboxRun;
  readonly #process: ChildProcess;
  readonly #log: LogCapture;
  readonly #progress: NamedPipe;
  readonly #lines: ProgressLines;
  #stage: Stage = "building";
  /** Of the sandbox's namespace, by its number outside. */
  #firstProcess: number | undefined;
  #saidReady = false;
  #out: number | undefined;
  #complaints = "";
  #cause: Exclude<SandboxEnding, { kind: "exited" }> | undefined;
  #timer: NodeJS.Timeout;
  #settle: (ending: SandboxEnding) => void = () => undefined;
  readonly #abort = (): void => this.#stop({ kind: "killed", log: "" });
  readonly #askToStop = (): void => this.#ask({ kind: "killed", log: "" });

  constructor(run: SandboxRun) {
    const { files } = run.plan;
    this.#run = run;
    this.#log = new LogCapture(files.log, run.logBytes);
    this.#lines = new ProgressLines(run.onProgress, () => performance.now());
    this.#progress = new NamedPipe(files.progress, (bytes) => this.#hear(bytes));
    this.#process = withOpened(run, (opened) => start(run.plan, opened));
    this.ending = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const message = "the sandbox did not stand in time";
    this.#timer = setTimeout(() => this.#stop({ kind: "broken", message }), START_TIMEOUT_MS);
    this.#listen();
    this.#begin();
  }

  #listen(): void {
    const child = this.#process;
    child.once("close", (code) => this.#closed(code));
    child.once("error", (error) => this.#stop({ kind: "broken", message: error.message }));
    child.stderr?.on("data", (bytes: Buffer) => {
      this.#complaints = (this.#complaints + bytes).slice(-COMPLAINT_BYTES_MAX);
    });
    let facts = "";
    this.#stream(descriptor.facts).on("data", (bytes: Buffer) => {
      facts += bytes;
      const pid = /"child-pid": (\d+)/.exec(facts)?.[1];
      if (pid === undefined) return;
      this.#firstProcess = Number(pid);
      this.#maybeStands();
    });
    this.#stream(descriptor.gate).on("data", () => {
      this.#saidReady = true;
      this.#maybeStands();
    });
    this.#run.signal.addEventListener("abort", this.#abort);
    if (this.#run.signal.aborted) this.#abort();
    this.#run.stop?.addEventListener("abort", this.#askToStop);
    if (this.#run.stop?.aborted === true) this.#askToStop();
  }

  #hear(bytes: Uint8Array): void {
    this.#lines.take(bytes);
    if (bytes.length > PROGRESS_BYTES_CALM) this.#progress.rest(FLOOD_PAUSE_MS);
  }

  // In its group before it is anything: whatever it starts is bounded.
  #begin(): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      this.#run.group.add(pid);
    } catch (error) {
      this.#stop({
        kind: "broken",
        message: `control group: ${error instanceof Error ? error.message : String(error)}`,
      });
      return;
    }
    this.#stream(descriptor.words).end(sandboxWords(this.#run.plan).join("\0"));
    this.#stream(descriptor.gate).write("go\n");
  }

  // The descriptor keeps /out alive when the sandbox is gone, and nothing else does.
  #maybeStands(): void {
    const pid = this.#firstProcess;
    if (this.#stage !== "building" || pid === undefined || !this.#saidReady || this.#out !== undefined) return;
    const at = (name: "out" | "ckpt"): string => join("/proc", String(pid), "root", insidePath(this.#run.plan, name));
    this.#out = openSync(at("out"), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    this.#run.prepare(at("ckpt")).then(
      () => this.#go(),
      (error: unknown) => this.#stop({ kind: "broken", message: `checkpoint: ${String(error)}` }),
    );
  }

  #go(): void {
    if (this.#stage !== "building") return;
    this.#stage = "running";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask({ kind: "timedOut", log: "" }), this.#run.timeoutMs);
    this.#stream(descriptor.gate).write("go\n");
  }

  // Whatever the program does from now on is no result: it may have been in the middle of anything.
  #ask(cause: Exclude<SandboxEnding, { kind: "exited" }>): void {
    const { graceMs } = this.#run;
    if (this.#stage !== "running" || graceMs === 0) {
      this.#stop(cause);
      return;
    }
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stop(cause), graceMs);
    const program = this.#firstProcess === undefined ? null : programOf(this.#firstProcess);
    if (program !== null) killProcess(program, "SIGTERM");
  }

  // The death of a namespace's first process is the death of all in it; without it, bubblewrap's own takes it along.
  #stop(cause: Exclude<SandboxEnding, { kind: "exited" }>): void {
    if (this.#stage === "ending") return;
    this.#cause ??= cause;
    this.#stage = "ending";
    if (this.#process.pid === undefined) {
      this.#closed(null);
      return;
    }
    if (this.#firstProcess === undefined) this.#process.kill("SIGKILL");
    else killProcess(this.#firstProcess);
  }

  #closed(status: number | null): void {
    clearTimeout(this.#timer);
    this.#run.signal.removeEventListener("abort", this.#abort);
    this.#run.stop?.removeEventListener("abort", this.#askToStop);
    this.#progress.finish();
    this.#lines.flush();
    const log = this.#log.finish();
    const cause = this.#cause;
    const out = this.#out;
    const wasRunning = this.#stage === "running";
    this.#stage = "ending";
    if (cause === undefined && wasRunning && out !== undefined && status !== null) {
      this.#settle({ kind: "exited", status, log, out });
      return;
    }
    if (out !== undefined) closeSync(out);
    const message = `the sandbox could not be built: ${this.#complaints.trim() || `exit code ${status}`}`;
    if (cause === undefined || cause.kind === "broken") this.#settle(cause ?? { kind: "broken", message });
    else this.#settle({ ...cause, log });
  }

  #stream(number: number): Duplex {
    const stream = this.#process.stdio[number] as Duplex;
    // Writing to a process that has just died fails; its exit is what tells.
    if (stream.listenerCount("error") === 0) stream.on("error", () => undefined);
    return stream;
  }
}

function withOpened(run: SandboxRun, use: (opened: Opened) => ChildProcess): ChildProcess {
  const filter = openSync(run.filter, "r");
  const nothing = openSync("/dev/null", "r+");
  try {
    return use({ filter, nothing });
  } finally {
    closeSync(filter);
    closeSync(nothing);
  }
}

// The first process of the namespace is bubblewrap's own; the program is the one that it started.
function programOf(firstProcess: number): number | null {
  try {
    const children = readFileSync(`/proc/${firstProcess}/task/${firstProcess}/children`, "utf8");
    return children.trim().split(" ").map(Number).find(isSecond) ?? null;
  } catch {
    // It has just ended.
    return null;
  }
}

function isSecond(pid: number): boolean {
  return /^NSpid:.*\t2$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

function killProcess(pid: number, signal: "SIGTERM" | "SIGKILL" = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

/** The start of what a program says, from both of its streams in their order. */
class LogCapture {
  readonly #parts: Uint8Array[] = [];
  readonly #stream: LogStream;
  readonly #pipe: NamedPipe;
  #left: number;

  constructor(path: string, bytesMax: number) {
    this.#left = bytesMax;
    this.#stream = new LogStream({
      bytesMax,
      send: (bytes) => this.#parts.push(bytes),
      clock: () => performance.now(),
    });
    this.#pipe = new NamedPipe(path, (bytes) => this.#take(bytes));
  }

  /** The log, complete; nobody writes any more. */
  finish(): string {
    this.#pipe.finish();
    this.#stream.end();
    return new TextDecoder().decode(Buffer.concat(this.#parts));
  }

  #take(bytes: Uint8Array): void {
    this.#stream.take(bytes);
    this.#left -= bytes.length;
    if (this.#left < 0) this.#pipe.rest(FLOOD_PAUSE_MS);
  }
}
