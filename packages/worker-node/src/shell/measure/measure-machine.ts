// Measures this machine in about a second: the best of many short runs, since whatever else runs here can only slow them down.
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomStreams } from "@starling/kernel";
import { systemEntropy } from "@starling/node-kit";
import { type Measurements, toHex } from "@starling/protocol";
import { challengeAnswer, isRightAnswer } from "@starling/protocol/challenge";
import { type Kernel, matrixChallenge } from "./kernels.ts";
import { MeasuredThread } from "./measured-thread.ts";

/** Where to measure, and until when. */
export interface MeasureOptions {
  /** Folder whose disk is measured; its file is removed again. */
  readonly dataDir: string;
  /** Threads that run beside one another: the cores that are lent. */
  readonly cores: number;
  readonly signal: AbortSignal;
}

/** How long each kernel is run again and again. */
const RUN_MS = 150;
const DISK_RUNS = 3;
const DISK_MIB = 16;
/** More threads tell nothing new of a machine, and each takes its memory. */
const THREADS_MAX = 64;

/** Whole units of every measure. Rejects when it is aborted, when the disk can't be written, or when a product is wrong. */
export async function measureMachine({ dataDir, cores, signal }: MeasureOptions): Promise<Measurements> {
  const first = new MeasuredThread();
  const others = Array.from({ length: Math.min(cores, THREADS_MAX) - 1 }, () => new MeasuredThread());
  const threads = [first, ...others];
  const stop = (): void => {
    for (const thread of threads) thread.end();
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    // First, since it is the one that can fail.
    const disk = await measureDisk(dataDir, signal);
    const cpu = await together([first], "cpu");
    const cpus = await together(threads, "cpu");
    const memory = await together([first], "memory");
    await prove(first);
    const matrix = await together([first], "matrix");
    return { cpu, cpus, memory, disk, matrix };
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

// A processor or memory that is broken computes wrongly without a word: its answers would be taken for lies.
async function prove(thread: MeasuredThread): Promise<void> {
  const challenge = matrixChallenge(toHex(systemEntropy.bytes(32)));
  const answer = await thread.ask({ prove: challenge, lane: 0 });
  const random = randomStreams(systemEntropy.words())("freivalds");
  if (!("product" in answer) || !isRightAnswer(challenge, challengeAnswer([answer.product]), { random, rounds: 2 }))
    throw new Error("this machine computes wrongly: a product of two matrices is not what it has to be");
}

// All are ready before any begins: they are to be measured beside one another.
async function together(threads: readonly MeasuredThread[], kernel: Kernel): Promise<number> {
  await Promise.all(threads.map((thread) => thread.ask({ ready: kernel })));
  const answers = await Promise.all(threads.map((thread) => thread.ask({ runForMs: RUN_MS })));
  return Math.floor(answers.reduce((sum, answer) => sum + ("best" in answer ? answer.best : 0), 0));
}

async function measureDisk(folder: string, signal: AbortSignal): Promise<number> {
  const path = join(folder, `measure.${process.pid}`);
  // Random, so that no file system makes less of it.
  const block = systemEntropy.bytes(2 ** 20);
  let best = 0;
  try {
    for (let i = 0; i < DISK_RUNS; i += 1) {
      signal.throwIfAborted();
      const startedAt = performance.now();
      const file = await open(path, "w", 0o600);
      try {
        for (let mib = 0; mib < DISK_MIB; mib += 1) await file.write(block);
        await file.sync();
      } finally {
        await file.close();
      }
      best = Math.max(best, DISK_MIB / ((performance.now() - startedAt) / 1_000));
    }
  } finally {
    await rm(path, { force: true });
  }
  return Math.floor(best);
}
