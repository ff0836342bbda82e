// Processes with a root file system that their job brings: the compliance suite, and what such a program sees, is, and can't do.
import { readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Executor, TaskRun } from "../../src/shell/executors/executor.ts";
import { executorCompliance } from "./compliance.ts";
import { busybox } from "./oci-images.ts";
import { processPrograms } from "./process-programs.ts";
import { archive, describeRoots, ROOM, rootExecutor, rootOf } from "./root-support.ts";
import { inputFile, script, task, unhurried } from "./support.ts";

describeRoots("the process executor with roots complies", () => {
  const environment = processPrograms.environment.filter((line) => !line.startsWith("LC_ALL="));
  // Busybox runs out of stack where another shell runs out of memory.
  const programs = { ...processPrograms, environment, recursionEnds: "trap" } as const;
  executorCompliance(() => rootExecutor(rootOf(busybox())), programs);
});

describeRoots("a process with a root of its own", () => {
  let executor: Executor;
  beforeAll(() => {
    executor = rootExecutor(rootOf(busybox()), 2);
  });
  afterAll(() => executor.close());
  const run = (text: string, overrides: Partial<TaskRun> = {}) =>
    executor.run(task(script(text), overrides), unhurried());

  test("sees its root, what the sandbox puts there, and nothing of this machine", async () => {
    const outcome = await run(
      "ls /; ls /usr /etc /home 2>&1 | grep -c 'No such'; ls /proc/1/root /proc/1/cwd 2>&1 | grep -c denied",
    );
    expect(outcome).toMatchObject({
      kind: "completed",
      log: "bin\ndev\nin\nout\nproc\nprogram\nprogress\ntmp\n3\n2\n",
    });
  });

  test("has no mount but those of its root", async () => {
    const { log } = (await run("while read -r _ at _; do echo $at; done < /proc/mounts")) as { readonly log: string };
    const points = log.trim().split("\n");
    const own = /^\/(|in|out|tmp|program|progress|proc|proc\/\S+|dev|dev\/\S+)$/;
    expect(points.filter((point) => !own.test(point))).toEqual([]);
    expect(points).toContain("/out");
  });

  test("can change nothing of its root, and runs as nobody else", async () => {
    const outcome = await run(
      "id -u; for at in / /bin /dev /proc /in; do (: > $at/x); done; mkdir /x; echo still $(ls /bin | head -n 1)",
    );
    const [uid = "", ...said] = outcome.kind === "completed" ? outcome.log.trim().split("\n") : [];
    expect(Number(uid)).toBeGreaterThan(0x0fff_ffff);
    expect(said).toHaveLength(7);
    expect(said.at(-1)).toBe("still cat");
  });

  test("what a root says of users and rights counts for nothing: no file of it makes root of a task", async () => {
    const entries = [
      { name: "etc/passwd", content: new TextEncoder().encode(`${0x1000_0000}:x:0:0::/:/bin/sh\n`) },
      { name: "bin/sh", content: readFileSync("/bin/busybox"), mode: 0o6777 },
      { name: "bin/id", link: "sh" },
      { name: "bin/ls", link: "sh" },
    ];
    const outcome = await run("id -u; ls -ln /bin/sh", { root: rootOf(archive(entries)) });
    const [uid = "", listed = ""] = outcome.kind === "completed" ? outcome.log.split("\n") : [];
    expect(Number(uid)).toBeGreaterThan(0x0fff_ffff);
    expect(listed).toMatch(/^-r-xr-xr-x +1 65534 +65534 /);
  });

  test("variables that a loader obeys reach the program only", async () => {
    const outcome = await run("echo $LD_PRELOAD $PATH", {
      env: { LD_PRELOAD: "/in/evil.so", PATH: "/elsewhere:/bin" },
    });
    expect(outcome).toMatchObject({ kind: "completed", log: "/in/evil.so /elsewhere:/bin\n" });
  });

  test("has its inputs, and arguments that are empty", async () => {
    const input = inputFile("text", "read");
    const outcome = await run('cat /in/text; echo " $#:$2:"', { inputs: [input], args: ["", "two"] });
    rmSync(input.folder, { recursive: true });
    expect(outcome).toMatchObject({ kind: "completed", log: "read 2:two:\n" });
  });

  test("an interpreter that its root lacks is the payer's business, and said", async () => {
    const program = task(new TextEncoder().encode("#!/usr/bin/env python3\n"));
    expect(await executor.run(program, unhurried())).toMatchObject({
      kind: "failed",
      reason: "exit",
      exitCode: 126,
      log: expect.stringContaining("the root file system lacks"),
    });
  });

  test("a task without one is refused, and so is an archive that is none", async () => {
    expect(await run("echo", { root: undefined } as unknown as Partial<TaskRun>)).toMatchObject({
      kind: "failed",
      reason: "badProgram",
    });
    const noise = rootOf(new TextEncoder().encode("x".repeat(2_000)));
    const refused = { kind: "failed", reason: "badProgram", message: expect.stringContaining("it is no archive") };
    expect(await run("echo", { root: noise })).toMatchObject(refused);
    expect(await run("echo", { root: noise })).toMatchObject(refused);
    expect(noise.opened()).toBe(1);
  });

  test("a root for which the owner lends no room is no fault of the machine", async () => {
    // A block each: more than all roots together may take here.
    const entries = Array.from({ length: ROOM / 4_096 + 1 }, (_, i) => ({ name: `file-${i}` }));
    const wanting = { kind: "infrastructure", reason: "rootRoom", message: expect.stringContaining("the owner lends") };
    expect(await run("echo", { root: rootOf(archive(entries)) })).toMatchObject(wanting);
  });
});
