// From how a sandbox ended to what the attempt was: by the exit status, the kernel's counts and what was left under /out.
import { closeSync, statfsSync } from "node:fs";
import { memoryText, signalText } from "../ending-text.ts";
import type { FailureReason, ResourceUsage, RunOutcome, TaskRun } from "../executor.ts";
import type { Measure } from "../usage.ts";
import type { GroupUsage } from "./cgroup/group.ts";
import { collectOutputs } from "./collect.ts";
import type { SandboxEnding } from "./sandbox.ts";

/** An ending with what was used up to it. */
export interface Ended {
  readonly ending: SandboxEnding;
  readonly used: GroupUsage;
  readonly measure: Measure;
}

/** The outcome of an attempt; closes the descriptor of /out. */
export async function outcomeOf(task: TaskRun, { ending, used, measure }: Ended): Promise<RunOutcome> {
  const { cpuMs, peakMemoryBytes } = used;
  const usage = measure({ cpuMs, peakMemoryBytes });
  switch (ending.kind) {
    case "broken":
      return broken(ending.message);
    case "killed":
      return { kind: "killed", message: "it was stopped", log: ending.log, usage };
    case "timedOut":
      return { kind: "timedOut", message: `it ran longer than ${task.limits.timeoutMs} ms`, log: ending.log, usage };
    case "exited":
      try {
        return await exitOutcome(task, ending, { used, usage });
      } finally {
        closeSync(ending.out);
      }
  }
}

/** An exit status above this is a signal: bubblewrap tells them as shells do. */
const SIGNAL_BASE = 128;
/** The last signal that Linux has. */
const SIGNAL_MAX = 64;
/** SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ and SIGSYS: the program did something undefined or forbidden. */
const TRAPS = new Set([4, 5, 6, 7, 8, 11, 24, 25, 31]);

async function exitOutcome(
  task: TaskRun,
  { status, log, out }: Extract<SandboxEnding, { kind: "exited" }>,
  { used, usage }: { readonly used: GroupUsage; readonly usage: ResourceUsage },
): Promise<RunOutcome> {
  const said = { log, usage };
  if (used.outOfMemory) {
    const message = memoryText(task.limits, usage.peakMemoryBytes);
    return failed("memory", { ...said, message, outOfMemory: true });
  }
  const folder = `/proc/self/fd/${out}`;
  if (status !== 0 && isFull(folder))
    return failed("outputTooLarge", { ...said, message: `it wrote more than ${task.limits.outputBytes} bytes` });
  const signal = status - SIGNAL_BASE;
  if (TRAPS.has(signal)) return failed("trap", { ...said, message: signalText(signal), signal });
  if (signal > 0 && signal <= SIGNAL_MAX)
    return failed("exit", { ...said, message: signalText(signal), exitCode: status, signal });
  if (status !== 0) return failed("exit", { ...said, message: `it ended with exit code ${status}`, exitCode: status });
  const collected = await collectOutputs(folder, task.outputs, task.limits);
  if (collected.kind !== "collected") return failed(collected.kind, { ...said, message: collected.message });
  const { outputs } = collected;
  const bytesOut = outputs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { kind: "completed", exitCode: 0, outputs, log, usage: { ...usage, bytesOut } };
}

// There is a page more than the limit, so a full folder is one that was not enough.
function isFull(folder: string): boolean {
  return statfsSync(folder).bavail === 0;
}

/** It is this machine that failed. */
export function broken(message: string): RunOutcome {
  return { kind: "infrastructure", message };
}

interface Failure {
  readonly message: string;
  readonly log: string;
  readonly usage: ResourceUsage;
  readonly exitCode?: number;
  readonly signal?: number;
  readonly outOfMemory?: true;
}

/** It is the task that failed. */
export function failed(reason: FailureReason, failure: Failure): RunOutcome {
  return { kind: "failed", reason, ...failure };
}
