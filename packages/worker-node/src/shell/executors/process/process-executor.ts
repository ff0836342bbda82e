// The `process` executor: a program of a stranger runs on the worker's own read-only /usr, or on a root file system that its job brings, inside
// namespaces, a system call filter, a control group and limits, as a user that owns nothing.
import { setTimeout as delay } from "node:timers/promises";
import { rootRoomReason } from "@starling/protocol";
import { Attempts } from "../attempts.ts";
import { CheckpointWatch } from "../checkpoints/watch.ts";
import type { Executor, RunOptions, RunOutcome, TaskRun } from "../executor.ts";
import { type Measure, meter } from "../usage.ts";
import { Area, areaKey } from "./area.ts";
import type { SandboxPlan } from "./arguments.ts";
import { sweepGroups, type TaskGroup } from "./cgroup/group.ts";
import { findHost, type ProcessHost } from "./host.ts";
import { broken, failed, outcomeOf } from "./outcome.ts";
import { probe } from "./probe.ts";
import { programForm } from "./program-form.ts";
import { probeRoots } from "./root/probe.ts";
import { RoomError, Roots, type RootsOptions } from "./root/roots.ts";
import { runSandbox } from "./sandbox.ts";
import { Slots } from "./slots.ts";
import { Turnstile } from "./turnstile.ts";

/** Options of the executor. */
export interface ProcessExecutorOptions {
  /** How many tasks may run at one time. */
  readonly slots: number;
  /** A folder for this executor alone. What lies in it is removed, and what an earlier life ran from it is killed. */
  readonly area: string;
  /** Tasks bring root file systems, which are kept here; left out where they see this machine's /usr. */
  readonly roots?: Omit<RootsOptions, "now">;
}

const PAGE_BYTES = 4_096;
/** Under /tmp and under /dev/shm, each; it counts in the task's memory. */
const SCRATCH_BYTES = 16 * 1024 * 1024;
/** Processes and threads of a task, with those of the sandbox itself. */
const PROCESSES_MAX = 64;
/** One core, as tasks of one thread need it. */
const CPUS = 1;
/** A task's user ids begin here, far from those of people and daemons; each worker has a stretch by its key. */
const UID_BASE = 0x1000_0000;
const UIDS_PER_WORKER = 1_024;

/** Until what was killed is out of its group, and how often that is looked at. */
const DYING_MS_MAX = 1_000;
const DYING_LOOK_MS = 5;

/** Makes the executor. What the machine lacks shows in its probe; `run` then reports a broken machine. */
export function createProcessExecutor(options: ProcessExecutorOptions): Executor {
  const runner = new ProcessRunner(options);
  return {
    class: options.roots === undefined ? "cpu" : "cpu-root",
    run: (task, runOptions) => runner.run(task, runOptions),
    probe: async ({ signal }) => {
      const ready = await runner.ready();
      if (!ready.ok) return { works: false, reason: ready.missing };
      const look = ready.roots === null ? probe : probeRoots;
      return await look(ready.host, (task) => runner.run(task, { signal }));
    },
    close: () => runner.close(),
  };
}

type Ready =
  | { readonly ok: true; readonly host: ProcessHost; readonly area: Area; readonly roots: Roots | null }
  | { readonly ok: false; readonly missing: string };

class ProcessRunner {
  readonly #slots: Slots;
  readonly #starts = new Turnstile();
  readonly #firstUid: number;
  readonly #ready: Promise<Ready>;
  readonly #closing = new AbortController();
  readonly #running = new Attempts();
  #attempts = 0;
  /** Groups in which something was still dying when they should have been removed. */
  #dying: TaskGroup[] = [];

  constructor(options: ProcessExecutorOptions) {
    const key = areaKey(options.area);
    this.#slots = new Slots(options.slots);
    this.#firstUid = UID_BASE + Number.parseInt(key.slice(0, 4), 16) * UIDS_PER_WORKER;
    this.#ready = prepare(options, key);
  }

  ready(): Promise<Ready> {
    return this.#ready;
  }

  run(task: TaskRun, options: RunOptions): Promise<RunOutcome> {
    return this.#running.count(this.#guarded(task, options));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running.ended();
    const ready = await this.#ready;
    if (!ready.ok) return;
    this.#removeDying();
    sweepGroups(ready.host.groups.folders());
    ready.area.remove();
  }

  async #guarded(task: TaskRun, options: RunOptions): Promise<RunOutcome> {
    const startedAt = performance.now();
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    try {
      const ready = await this.#ready;
      if (!ready.ok) return broken(ready.missing);
      if (this.#closing.signal.aborted) return broken("the executor is closed");
      const { roots } = ready;
      const form = programForm(task.program, { hasRoot: roots !== null });
      if (form.kind === "absent") return broken(form.message);
      const measure = meter(task, startedAt);
      const refused = (kind: "badModule" | "badProgram", message: string): RunOutcome =>
        failed(kind, { message, log: "", usage: measure() });
      if (form.kind !== "startable") return refused(form.kind, form.message);
      if (roots === null) return await this.#inSlot({ task, ready, root: null, measure }, { ...options, signal });
      if (task.root === undefined) return refused("badProgram", "it brings no root file system");
      const found = await roots.use(task.root, signal);
      if (found.kind === "refused") return refused("badProgram", `the root file system: ${found.message}`);
      try {
        return await this.#inSlot({ task, ready, root: found.tree, measure }, { ...options, signal });
      } finally {
        found.release();
      }
    } catch (error) {
      const usage = meter(task, startedAt)();
      if (options.signal.aborted || options.stop?.aborted === true)
        return { kind: "killed", message: "it was stopped before it ran", log: "", usage };
      if (error instanceof RoomError) return { kind: "infrastructure", message: error.message, reason: rootRoomReason };
      return broken(error instanceof Error ? error.message : String(error));
    }
  }

  async #inSlot(attempt: Omit<Attempt, "slot">, options: RunOptions): Promise<RunOutcome> {
    const { signal, stop } = options;
    const slot = await this.#slots.acquire(stop === undefined ? signal : AbortSignal.any([signal, stop]));
    try {
      return await this.#attempt({ ...attempt, slot }, options);
    } finally {
      await attempt.ready.area.clear(slot);
      this.#slots.release(slot);
    }
  }

  async #attempt({ task, ready, root, slot, measure }: Attempt, options: RunOptions): Promise<RunOutcome> {
    const { limits } = task;
    const uid = this.#firstUid + slot;
    // A slot's first task starts a program that makes its pipes.
    await this.#starts.pass();
    const files = await ready.area.layOut(slot, task, root === null ? null : uid);
    const outputBytes = roomFor(limits.outputBytes);
    const { checkpoint } = limits;
    const checkpointBytes = checkpoint === undefined ? null : roomFor(checkpoint.bytes);
    const graceMs = checkpoint?.graceMs ?? 0;
    await this.#starts.pass();
    this.#attempts += 1;
    const group = ready.host.groups.open(`task-${this.#attempts}`, {
      // Files under /out and /ckpt lie in memory, and are not what the task means by its memory.
      memoryBytes: limits.memoryBytes + outputBytes + (checkpointBytes ?? 0),
      processes: PROCESSES_MAX,
      cpus: CPUS,
    });
    const plan: SandboxPlan = {
      files,
      root,
      args: task.args,
      env: task.env,
      uid,
      outputBytes,
      checkpointBytes,
      scratchBytes: SCRATCH_BYTES,
      fileBytes: Math.max(outputBytes, checkpointBytes ?? 0, SCRATCH_BYTES),
      cpuSeconds: Math.ceil(((limits.timeoutMs + graceMs) / 1_000) * CPUS) + 1,
    };
    const watch = watchOf(task, options);
    try {
      const ending = await runSandbox({
        plan,
        group,
        filter: ready.area.filter,
        timeoutMs: limits.timeoutMs,
        graceMs,
        logBytes: limits.logBytes,
        signal: options.signal,
        stop: options.stop,
        prepare: async (folder) => await watch?.open(folder),
        onProgress: (progress) => {
          watch?.progressed();
          options.onProgress?.(progress);
        },
      });
      const outcome = await outcomeOf(task, { ending, used: group.usage(), measure });
      if (outcome.kind !== "completed") await watch?.finish();
      return outcome;
    } finally {
      await watch?.close();
      this.#removeDying();
      await this.#end(group);
    }
  }

  // The dead are gone within milliseconds, and a task is over when nothing of it is left. What can't die yet is left for the next task's end.
  async #end(group: TaskGroup): Promise<void> {
    for (let waitedMs = 0; waitedMs < DYING_MS_MAX; waitedMs += DYING_LOOK_MS) {
      group.kill();
      if (group.remove()) return;
      await delay(DYING_LOOK_MS);
    }
    this.#dying.push(group);
  }

  #removeDying(): void {
    this.#dying = this.#dying.filter((group) => {
      group.kill();
      return !group.remove();
    });
  }
}

interface Attempt {
  readonly task: TaskRun;
  readonly ready: Extract<Ready, { ok: true }>;
  /** The folder of its root file system; null where it sees this machine's /usr. */
  readonly root: string | null;
  readonly slot: number;
  readonly measure: Measure;
}

// A page more than the limit: a full folder is then one that was not enough.
function roomFor(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES + PAGE_BYTES;
}

function watchOf(
  { limits, resume }: TaskRun,
  { onCheckpoints: tell = async () => undefined }: RunOptions,
): CheckpointWatch | null {
  return limits.checkpoint === undefined ? null : new CheckpointWatch({ terms: limits.checkpoint, resume, tell });
}

async function prepare({ area, roots }: ProcessExecutorOptions, key: string): Promise<Ready> {
  try {
    const found = await findHost(key);
    if (!found.ok) return found;
    return {
      ok: true,
      host: found.host,
      area: Area.open(area, found.host.groups.folders(), roots !== undefined),
      roots: roots === undefined ? null : new Roots({ ...roots, now: () => performance.now() }),
    };
  } catch (error) {
    return { ok: false, missing: error instanceof Error ? error.message : String(error) };
  }
}
