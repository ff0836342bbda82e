// The bootstrap hands a program its arguments and signals, and hands back its exit code; a stale lock stops nobody.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { withLock } from "../../scripts/bootstrap-lock.mjs";
import { root } from "./repository.ts";

const BOOTSTRAP = join(root, "scripts/bootstrap.mjs");
const FIXTURE = "test/tidy/fixtures/echo-process.ts";

// Older versions of Node cannot become another program, so there the bootstrap stays as its parent.
const WITHOUT_EXEC = ["--import", "data:text/javascript,process.execve = undefined"];
const MODES: readonly (readonly [words: string, flags: readonly string[]])[] = [
  ["becoming the program", []],
  ["as the parent of the program", WITHOUT_EXEC],
];
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const SIGNALLED = MODES.flatMap(([words, flags]) => SIGNALS.map((signal) => [words, signal, flags] as const));

/** Resolves when the program has printed the word. */
function printed(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.includes(word)) resolve();
    });
  });
}

// Brings the installation up to date, so that the runs below have nothing to do and are silent.
beforeAll(() => {
  expect(spawnSync(process.execPath, [BOOTSTRAP], { stdio: "ignore" }).status).toBe(0);
});

describe("bootstrap", () => {
  test.each(MODES)("%s, passes arguments and the exit code", (_words, flags) => {
    const argv = [...flags, BOOTSTRAP, FIXTURE, "exit", "7", "two words", "--flag"];
    const finished = spawnSync(process.execPath, argv, { encoding: "utf8", cwd: tmpdir() });
    const { rest, version, path } = JSON.parse(finished.stdout);
    expect(rest).toEqual(["7", "two words", "--flag"]);
    expect(Number(version.split(".")[0])).toBeGreaterThanOrEqual(22);
    expect(existsSync(join(path, "node"))).toBe(true);
    expect(finished.stderr).toBe("");
    expect(finished.status).toBe(7);
  });

  test.each(SIGNALLED)("%s, passes %s on and waits for the end of the program", async (_words, signal, flags) => {
    const argv = [...flags, BOOTSTRAP, FIXTURE, "wait"];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "pipe"] });
    await printed(child, "waiting");
    const caught = printed(child, `caught ${signal}`);
    // Asked for before the signal: the end may be told before the last words are.
    const code = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await caught;
    expect(await code).toBe(9);
  });
});

describe("the lock of the bootstrap", () => {
  test("is held by one at a time, in one process or in many", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bootstrap-lock-"));
    const path = join(folder, "lock");
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(path, () => {}, work)));
    expect(most).toBe(1);
    expect(existsSync(path)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test("is broken when its owner is dead", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bootstrap-lock-"));
    const path = join(folder, "lock");
    const dead = spawnSync(process.execPath, ["--version"]).pid;
    writeFileSync(path, `${dead}`);
    expect(
      await withLock(
        path,
        () => {},
        async () => "done",
      ),
    ).toBe("done");
    rmSync(folder, { recursive: true });
  });
});

describe("starling", () => {
  test("becomes Node at once when everything is installed, from any folder and through a link", () => {
    const folder = mkdtempSync(join(tmpdir(), "starling-command-"));
    const plant = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    for (const path of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) plant(path, "");
    plant(".toolchain/node-path", `${process.execPath}\n`);
    plant("package.json", '{ "type": "module" }');
    plant("packages/cli/src/bin/starling.ts", "console.log(JSON.stringify([process.pid, ...process.argv.slice(2)]));");
    plant("node_modules/.starling-install", "");
    copyFileSync(join(root, "starling"), join(folder, "starling"));
    symlinkSync(join(folder, "starling"), join(folder, "link"));
    for (const command of [join(folder, "starling"), join(folder, "link")]) {
      const finished = spawnSync(command, ["job", "run", "a b"], { encoding: "utf8", cwd: tmpdir() });
      expect(finished.stderr).toBe("");
      expect(JSON.parse(finished.stdout)).toEqual([finished.pid, "job", "run", "a b"]);
    }
    rmSync(folder, { recursive: true });
  });
});
