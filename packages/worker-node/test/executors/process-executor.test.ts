// The `process` executor passes the compliance suite, and keeps what it promises beyond it.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Executor, TaskRun } from "../../src/shell/executors/executor.ts";
import { executorCompliance } from "./compliance.ts";
import { processPrograms } from "./process-programs.ts";
import { describeProcesses, processExecutor } from "./process-support.ts";
import { inputFile, LIMITS, script, task, unhurried } from "./support.ts";

describeProcesses("the process executor complies", () => {
  executorCompliance(() => processExecutor(), processPrograms);
});

describeProcesses("the process executor", () => {
  let executor: Executor & { readonly area: string };
  beforeAll(() => {
    executor = processExecutor(2);
  });
  afterAll(() => executor.close());
  const run = (text: string, overrides: Partial<TaskRun> = {}) =>
    executor.run(task(script(text), overrides), unhurried());

  test("computes the same as itself: its calibration is a digest that stays", async () => {
    const [first, second] = [await executor.probe(unhurried()), await executor.probe(unhurried())];
    expect(first).toMatchObject({ works: true, calibration: expect.stringMatching(/^0x[0-9a-f]{64}$/) });
    expect(second).toMatchObject({ calibration: first.works && first.calibration });
  });

  test("gives a task an identity, a network and a view of its own", async () => {
    const facts =
      "id -u; hostname; ls /etc; ls /proc | grep -c '^[0-9]'; wc -l < /proc/net/route; ls /home /root /var 2>&1 | wc -l";
    const { log } = (await run(facts)) as { readonly log: string };
    const [uid, hostname, ...rest] = log.trim().split("\n");
    expect(Number(uid)).toBeGreaterThan(0x0fff_ffff);
    expect(hostname).toBe("task");
    expect(rest.slice(0, 2)).toEqual(["alternatives", "ld.so.cache"]);
    // Three folders that aren't there.
    expect(rest.at(-1)).toBe("3");
  });

  test("two tasks at one time have different users", async () => {
    const both = await Promise.all([run("id -u"), run("id -u")]);
    const [one, other] = both.map((outcome) => outcome.kind === "completed" && outcome.log);
    expect(one).toMatch(/^\d+\n$/);
    expect(other).toMatch(/^\d+\n$/);
    expect(one).not.toBe(other);
  });

  test("variables that the loader obeys reach the program only, not what comes before it as root", async () => {
    const env = { LD_DEBUG: "files", LD_DEBUG_OUTPUT: "/tmp/loaded" };
    const outcome = await run("cat /tmp/loaded.* | grep -c 'setpriv'; cat /tmp/loaded.* | grep -c 'calling init'", {
      env,
    });
    const [before, after] = outcome.kind === "infrastructure" ? [] : outcome.log.split("\n");
    expect(before).toBe("0");
    expect(Number(after)).toBeGreaterThan(0);
  });

  test.each([
    [
      "memory",
      "head -c 100000000 /dev/zero | tail -n 1",
      {
        reason: "memory",
        outOfMemory: true,
        message: expect.stringMatching(/^killed for memory: used .* needs\.mem$/),
      },
    ],
    [
      "a signal",
      "kill -BUS $$",
      { reason: "trap", signal: 7, message: expect.stringContaining("signal 7 (SIGBUS): it") },
    ],
    ["a kill by itself", "kill -KILL $$", { reason: "exit", signal: 9, exitCode: 137 }],
    [
      "an exit code that no signal has",
      "exit 200",
      { reason: "exit", exitCode: 200, message: "it ended with exit code 200" },
    ],
    [
      "the end of the room for outputs, of which it dies",
      "head -c 1000000 /dev/zero > /out/x",
      { reason: "outputTooLarge" },
    ],
    ["a sparse file", "truncate -s 10000000 /out/x", { reason: "outputTooLarge" }],
    ["folders too deep to look into", deep(40), { reason: "outputTooLarge" }],
  ])("%s ends a task", async (_name, text, ending) => {
    const limits = { ...LIMITS, outputFiles: 1_000 };
    expect(await run(text, { limits })).toMatchObject({ kind: "failed", ...ending });
  });

  test.each([
    ["a link to a file of the sandbox", "ln -s /etc/ld.so.cache /out/x"],
    ["a link to a file of the host", "ln -s /etc/hostname /out/x"],
    ["a folder", "mkdir /out/x"],
    ["a file behind a link", "mkdir /tmp/d && echo a > /tmp/d/y && ln -s /tmp/d /out/x", "x/y"],
  ])("%s is no output", async (_name, text, path = "x") => {
    const outputs = [{ name: "x", path }];
    expect(await run(text, { outputs })).toMatchObject({ kind: "failed", reason: "missingOutput" });
  });

  test("an interpreter that this machine lacks is the machine's fault, another processor's program is not", async () => {
    const program = (text: string): TaskRun => task(new TextEncoder().encode(text));
    const absent = await executor.run(program("#!/usr/bin/env no-such-language\n"), unhurried());
    expect(absent).toEqual({ kind: "infrastructure", message: "this machine's /usr has no no-such-language" });
    const foreign = Buffer.from(readFileSync("/usr/bin/true").subarray(0, 64));
    foreign.writeUInt16LE(183, 18);
    expect(await executor.run(task(foreign), unhurried())).toMatchObject({ kind: "failed", reason: "badProgram" });
    const outside = await executor.run(program("#!/in/interpreter\n"), unhurried());
    expect(outside).toMatchObject({ kind: "failed", reason: "badProgram" });
  });

  test("a native program runs as it is", async () => {
    const outcome = await executor.run(task(readFileSync("/usr/bin/echo"), { args: ["as", "it is"] }), unhurried());
    expect(outcome).toMatchObject({ kind: "completed", log: "as it is\n" });
  });

  test("an input can't be changed for whoever has it next", async () => {
    const input = inputFile("a/b", "kept");
    const text = "echo lost > /in/a/b; rm -f /in/a/b; cat /in/a/b";
    const outcome = await run(text, { inputs: [input] });
    expect(outcome).toMatchObject({ kind: "completed", log: expect.stringMatching(/kept$/) });
    expect(readFileSync(input.path, "utf8")).toBe("kept");
    rmSync(input.folder, { recursive: true });
  });

  test("nothing that a task was given is left when it is over", async () => {
    await run("echo");
    expect(readdirSync(executor.area).filter((name) => name.startsWith("slot"))).toEqual([]);
  });

  test("a flood of what is no progress is none, and does not keep a task from its end", async () => {
    const seen: unknown[] = [];
    const limits = { ...LIMITS, timeoutMs: 1_000 };
    const flood = task(script("exec cat /dev/zero > /progress"), { limits });
    const options = { ...unhurried(), onProgress: (progress: unknown) => seen.push(progress) };
    expect(await executor.run(flood, options)).toMatchObject({ kind: "timedOut" });
    expect(seen).toEqual([]);
  });

  test("CPU time and memory are the kernel's count", async () => {
    const outcome = await run(
      "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; head -c 8000000 /dev/zero | tail -n 1 | wc -c",
    );
    if (outcome.kind !== "completed") throw new Error(JSON.stringify(outcome));
    expect(outcome.usage.cpuMs).toBeGreaterThan(20);
    expect(outcome.usage.peakMemoryBytes).toBeGreaterThan(8_000_000);
    expect(outcome.usage.peakMemoryBytes).toBeLessThan(17_000_000);
  });
});

function deep(levels: number): string {
  return `exec perl -e 'chdir "/out"; for (1 .. ${levels}) { mkdir "a" x 200; chdir "a" x 200 }'`;
}
