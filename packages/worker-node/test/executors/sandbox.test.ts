// Sandbox processes: they die with their daemon, they know nothing of it, and a death is never the task's fault.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { nicenessOf } from "../../src/shell/executors/wasm/niceness.ts";
import { type Exchange, Sandbox } from "../../src/shell/executors/wasm/sandbox.ts";
import { ENDLESS_LOOP, sayingProgram } from "./programs.ts";

const WAIT = { timeout: 20_000, interval: 10 };

/** R, S, D, Z and so on; undefined when there is no such process. */
function processState(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "")[0];
  } catch {
    return undefined;
  }
}

/** A process that nobody has reaped yet is dead all the same. */
function isAlive(pid: number): boolean {
  return ![undefined, "Z", "X"].includes(processState(pid));
}

/** Milliseconds of CPU time that a process has used, in steps of its clock. */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function exchangeOf(code: readonly number[], overrides: Partial<Exchange> = {}): Exchange {
  return {
    request: {
      programKey: `${code}`,
      carriesProgram: true,
      forget: [],
      args: [],
      env: {},
      inputs: [],
      outputs: [],
      memoryBytes: 1024 * 1024,
      canonicalNans: false,
      fuel: Number.MAX_SAFE_INTEGER,
      outputBytes: 1_000,
      outputFiles: 1,
      logBytes: 1_000,
    },
    parts: [sayingProgram("hello\n", code)],
    timeoutMs: 20_000,
    outputBytesMax: 1_000,
    logBytesMax: 1_000,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...overrides,
  };
}

describe("a sandbox", () => {
  const sandboxes: Sandbox[] = [];
  afterEach(async () => {
    for (const sandbox of sandboxes.splice(0)) await sandbox.kill();
  });
  const started = async (niceness = 0): Promise<Sandbox & { readonly pid: number }> => {
    const sandbox = await Sandbox.start(niceness);
    sandboxes.push(sandbox);
    if (sandbox.pid === undefined) throw new Error("no process");
    return sandbox as Sandbox & { readonly pid: number };
  };

  test("that spins dies when its daemon is killed with SIGKILL", async () => {
    const daemon = spawn(process.execPath, [fileURLToPath(new URL("./orphan.ts", import.meta.url))], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [chunk] = (await once(daemon.stdout, "data")) as [Buffer];
    const pid = Number(chunk.toString());
    // It is really spinning: half a second of CPU time is more than starting takes afterwards.
    const before = cpuTicks(pid);
    await vi.waitFor(() => expect(cpuTicks(pid) - before).toBeGreaterThan(50), WAIT);
    daemon.kill("SIGKILL");
    await once(daemon, "close");
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), WAIT);
  });

  test("has an empty environment and may do nothing but make its thread", async () => {
    const { pid } = await started();
    expect(readFileSync(`/proc/${pid}/environ`, "utf8").replaceAll("\0", "")).toBe("");
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    expect(words).toContain("--permission");
    expect(words.filter((word) => word.startsWith("--allow"))).toEqual(["--allow-worker"]);
  });

  test("ignores the terminal's signals, which are for the daemon", async () => {
    const sandbox = await started();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(sandbox.pid, signal);
    expect(await sandbox.exchange(exchangeOf([]))).toMatchObject({ kind: "answered", log: "hello\n" });
  });

  test("of a crowd stands behind its daemon with the scheduler, and all of its threads do", async () => {
    expect([nicenessOf(1, 4), nicenessOf(2, 2), nicenessOf(4, 2), nicenessOf(100, 2)]).toEqual([0, 0, 4, 18]);
    expect(nicenessOf(1_024, 1)).toBe(19);
    const { pid } = await started(4);
    const expected = Math.min(getPriority() + 4, 19);
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread)));
    expect(threads.length).toBeGreaterThan(2);
    expect(new Set(threads)).toEqual(new Set([expected]));
  });

  test("that is killed from outside is reported as dead, and stays so", async () => {
    const sandbox = await started();
    const reply = sandbox.exchange(exchangeOf(ENDLESS_LOOP));
    process.kill(sandbox.pid, "SIGKILL");
    expect(await reply).toMatchObject({ kind: "died", message: expect.stringContaining("SIGKILL") });
    expect(sandbox.dead).toBe(true);
    expect(await sandbox.exchange(exchangeOf([]))).toMatchObject({ kind: "died" });
  });

  test("is gone when a timeout is reported", async () => {
    const sandbox = await started();
    const reply = await sandbox.exchange(exchangeOf(ENDLESS_LOOP, { timeoutMs: 10 }));
    expect(reply.kind).toBe("timedOut");
    expect(isAlive(sandbox.pid)).toBe(false);
  });

  test("answers many requests one after the other", async () => {
    const sandbox = await started();
    const { request, parts, ...rest } = exchangeOf([]);
    for (let i = 0; i < 50; i += 1) {
      const first = i === 0;
      const again = { ...rest, request: { ...request, carriesProgram: first }, parts: first ? parts : [] };
      expect(await sandbox.exchange(again)).toMatchObject({ kind: "answered", log: "hello\n" });
    }
  });
});
