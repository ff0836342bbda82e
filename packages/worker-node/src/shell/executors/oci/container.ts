// One container from its making to its death: made, listened to, started, watched and killed, each step with a deadline.
import { openSync } from "node:fs";
import type { Readable } from "node:stream";
import { type ContainerOptions, type DockerEngine, DockerError } from "@starling/node-kit";
import type { RunProgress } from "../executor.ts";
import { NamedPipe } from "../process/named-pipe.ts";
import type { SandboxEnding } from "../process/sandbox.ts";
import { LogStream, ProgressLines } from "../wasm/inside/log.ts";

/** A container that does not run by then never will. Generous: a loaded small machine may start many at once. */
const START_TIMEOUT_MS = 60_000;
/** A container that was killed and still is not dead is given up, and left to whoever sweeps. */
const DEATH_TIMEOUT_MS = 20_000;
/** What a dead container said last is on its way. */
const LAST_WORDS_MS = 5_000;
/** A program that says too much is listened to at this pace, so that a flood does not keep the daemon busy. */
const FLOOD_PAUSE_MS = 5;
/** Nobody has so much progress to tell at once. */
const PROGRESS_BYTES_CALM = 4_096;

/** How one attempt is run. */
export interface ContainerRun {
  readonly engine: DockerEngine;
  readonly name: string;
  readonly options: ContainerOptions;
  /** The host's folder behind /out, and the named pipe behind /progress. */
  readonly output: string;
  readonly progress: string;
  readonly timeoutMs: number;
  readonly logBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
  /** Done once it runs and before anything else is waited for; rejecting ends the run. */
  readonly started: (signal: AbortSignal) => Promise<void>;
}

/** How it ended, and whether the kernel killed something in it for want of memory. */
export interface ContainerEnding {
  readonly ending: SandboxEnding;
  readonly outOfMemory: boolean;
}

/** Runs one container, which the caller then removes whatever came of it; rejects where Docker fails. An `exited` ending has a descriptor of /out that the caller closes. */
export async function runContainer(run: ContainerRun): Promise<ContainerEnding> {
  const { engine, name } = run;
  const log = new FramedLog(run.logBytes);
  const lines = new ProgressLines(run.onProgress, () => performance.now());
  const pipe: NamedPipe = new NamedPipe(run.progress, (bytes) => {
    lines.take(bytes);
    if (bytes.length > PROGRESS_BYTES_CALM) pipe.rest(FLOOD_PAUSE_MS);
  });
  const listening = new AbortController();
  try {
    const { said } = await startContainer(run, log, listening.signal);
    const stopped = await watchContainer(run);
    await within(LAST_WORDS_MS, (signal) => Promise.race([said, aborted(signal)])).catch(() => undefined);
    const { exitCode, outOfMemory } = await within(DEATH_TIMEOUT_MS, (signal) => engine.endOf(name, signal));
    pipe.finish();
    lines.flush();
    const text = log.finish();
    if (stopped !== null) return { ending: { kind: stopped, log: text }, outOfMemory };
    const out = openSync(run.output, "r");
    return { ending: { kind: "exited", status: exitCode, log: text, out }, outOfMemory };
  } finally {
    listening.abort();
    pipe.finish();
  }
}

/** It runs; `said` settles when it has said its last. */
interface Started {
  readonly said: Promise<void>;
}

/** Makes and starts it. */
async function startContainer(run: ContainerRun, log: FramedLog, listening: AbortSignal): Promise<Started> {
  const { engine, name, options } = run;
  return await within(
    START_TIMEOUT_MS,
    async (signal) => {
      await engine.create(name, options, signal);
      const said = log.listen(await engine.attach(name, listening));
      await engine.start(name, signal);
      await run.started(signal);
      return { said };
    },
    run.signal,
  );
}

/** Waits for its end or makes one; null when it ended by itself. */
async function watchContainer(run: ContainerRun): Promise<"timedOut" | "killed" | null> {
  const { engine, name } = run;
  try {
    await within(run.timeoutMs, (signal) => engine.wait(name, signal), run.signal);
    return null;
  } catch (error) {
    if (error instanceof DockerError) throw error;
    // Its time is over, or somebody stopped it.
    await within(DEATH_TIMEOUT_MS, async (signal) => {
      await engine.kill(name, signal);
      await engine.wait(name, signal);
    });
    return run.signal.aborted ? "killed" : "timedOut";
  }
}

/** Gives work so long; its signal says no more once it is done. */
export async function within<T>(
  durationMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const deadline = new AbortController();
  const abort = (): void => deadline.abort();
  const timer = setTimeout(abort, durationMs);
  outer?.addEventListener("abort", abort);
  if (outer?.aborted === true) abort();
  try {
    deadline.signal.throwIfAborted();
    return await work(deadline.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", abort);
  }
}

/** Rejects with the signal's reason when it aborts. */
export async function aborted(signal: AbortSignal): Promise<never> {
  return await new Promise<never>((_, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
}

const FRAME_HEADER_BYTES = 8;

/** The start of what a container says, from the frames in which Docker passes it on. */
export class FramedLog {
  readonly #parts: Uint8Array[] = [];
  readonly #stream: LogStream;
  #left: number;
  #header: number[] = [];
  #inFrame = 0;

  constructor(bytesMax: number) {
    this.#left = bytesMax;
    this.#stream = new LogStream({
      bytesMax,
      send: (bytes) => this.#parts.push(bytes),
      clock: () => performance.now(),
    });
  }

  /** Settles when the stream has ended, however. */
  async listen(stream: Readable): Promise<void> {
    await new Promise<void>((resolve) => {
      stream.on("data", (bytes: Buffer) => {
        this.take(bytes);
        if (this.#left >= 0) return;
        stream.pause();
        setTimeout(() => stream.resume(), FLOOD_PAUSE_MS);
      });
      stream.once("error", () => resolve());
      stream.once("close", () => resolve());
    });
  }

  /** Takes bytes as they come, frames cut anywhere. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#inFrame === 0) {
        this.#header.push(bytes[at] ?? 0);
        at += 1;
        if (this.#header.length < FRAME_HEADER_BYTES) continue;
        this.#inFrame = Buffer.from(this.#header).readUInt32BE(4);
        this.#header = [];
        continue;
      }
      const part = bytes.subarray(at, at + this.#inFrame);
      this.#stream.take(part);
      this.#left -= part.length;
      this.#inFrame -= part.length;
      at += part.length;
    }
  }

  /** The log; nothing more is taken. */
  finish(): string {
    this.#stream.end();
    return new TextDecoder().decode(Buffer.concat(this.#parts));
  }
}
