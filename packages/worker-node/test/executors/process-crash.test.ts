// A worker that is killed leaves no process at once, and after its next start no control group, mount or file either.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { createProcessExecutor, sweepArea } from "../../src/shell/executors/index.ts";
import { describeProcesses } from "./process-support.ts";
import { script, task, unhurried } from "./support.ts";

const WAIT = { timeout: 20_000, interval: 10 };

/** Processes of the groups that are noted in a folder. */
function processesOf(folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .flatMap(({ name }) =>
            readFileSync(join(folder, name, "cgroup.procs"), "utf8")
              .split("\n")
              .filter(Boolean),
          )
      : [],
  );
}

async function killedDaemon(): Promise<{ readonly area: string; readonly groups: readonly string[] }> {
  const area = mkdtempSync(join(tmpdir(), "process-crash-"));
  onTestFinished(() => rmSync(area, { recursive: true, force: true }));
  const daemon = spawn(process.execPath, [fileURLToPath(new URL("./process-orphan.ts", import.meta.url)), area], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(daemon.stdout, "data");
  const groups = JSON.parse(readFileSync(join(area, "groups.json"), "utf8")) as string[];
  expect(processesOf(groups).length).toBeGreaterThan(2);
  daemon.kill("SIGKILL");
  await once(daemon, "close");
  return { area, groups };
}

describeProcesses("a worker that is killed", () => {
  test("its processes die with it, and its next life removes the rest", async () => {
    const { area, groups } = await killedDaemon();
    await vi.waitFor(() => expect(processesOf(groups)).toEqual([]), WAIT);
    expect(groups.every((folder) => existsSync(folder))).toBe(true);
    const next = createProcessExecutor({ slots: 1, area });
    expect(await next.run(task(script("echo again")), unhurried())).toMatchObject({
      kind: "completed",
      log: "again\n",
    });
    await next.close();
    expect(groups.filter((folder) => existsSync(folder))).toEqual([]);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(area);
    expect(existsSync(area)).toBe(false);
  });

  test("a next life that runs no processes removes it too", async () => {
    const { area, groups } = await killedDaemon();
    await vi.waitFor(() => expect(processesOf(groups)).toEqual([]), WAIT);
    sweepArea(area);
    expect(groups.filter((folder) => existsSync(folder))).toEqual([]);
    expect(existsSync(area)).toBe(false);
  });

  test("a descriptor that the daemon was started with does not reach a task", async () => {
    const folder = mkdtempSync(join(tmpdir(), "process-inherited-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "secret"), "canary");
    const secret = openSync(join(folder, "secret"), "r");
    const source = `
    const { createProcessExecutor } = await import(${JSON.stringify(new URL("../../src/shell/executors/index.ts", import.meta.url).href)});
    const { task, unhurried } = await import(${JSON.stringify(new URL("./support.ts", import.meta.url).href)});
    const executor = createProcessExecutor({ slots: 1, area: ${JSON.stringify(join(folder, "area"))} });
    const program = new TextEncoder().encode("#!/bin/sh\\nls -l /proc/self/fd; cat /proc/self/fd/40; echo end\\n");
    process.stdout.write((await executor.run(task(program), unhurried())).log);
    await executor.close();`;
    // Node closes the lowest ones to its children by itself.
    const stdio = [
      "ignore",
      "pipe",
      "inherit",
      ...Array.from({ length: 37 }, () => "ignore" as const),
      secret,
    ] as const;
    const daemon = spawn(process.execPath, ["--input-type=module", "--eval", source], { stdio: [...stdio] });
    closeSync(secret);
    let said = "";
    daemon.stdout?.on("data", (bytes: Buffer) => {
      said += bytes;
    });
    await once(daemon, "close");
    expect(said).toMatch(/end\n$/);
    expect(said).not.toContain("canary");
    expect(said).toMatch(/40 -> \/dev\/null/);
  });
});
