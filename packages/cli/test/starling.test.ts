// The command as a process: exit codes and words, without any network.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../src/bin/starling.ts", import.meta.url));
let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "starling-cli-"));
});
afterAll(async () => await rm(home, { recursive: true }));

function starling(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { env: { PATH: process.env.PATH, STARLING_HOME: home } },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      },
    );
  });
}

describe("starling", () => {
  it("names the verb that was meant", async () => {
    const { code, stderr } = await starling("job", "sumbit");
    expect(code).toBe(64);
    expect(stderr).toMatch(/submit/);
  });

  it("says what to do when no coordinator is known", async () => {
    const { code, stderr } = await starling("job", "list");
    expect(code).toBe(78);
    expect(stderr).toMatch(/starling devnet up/);
  });

  it("says that nobody answers", async () => {
    // Port 9 (discard) is served nowhere.
    const { code, stderr } = await starling("job", "list", "--api", "127.0.0.1:9");
    expect(code).toBe(1);
    expect(stderr).toMatch(/no coordinator answers at 127\.0\.0\.1:9/);
  });

  it("refuses an unknown format", async () => {
    const { code, stderr } = await starling("node", "list", "-o", "xml");
    expect(code).toBe(64);
    expect(stderr).toMatch(/table, wide, json/);
  });

  it("says how an API is named", async () => {
    const { code, stderr } = await starling("job", "list", "--api", "localhost");
    expect(code).toBe(64);
    expect(stderr).toMatch(/HOST:PORT/);
  });

  it("refuses a state that nothing can be in", async () => {
    const { code, stderr } = await starling("job", "list", "-s", "runing", "--api", "127.0.0.1:9");
    expect(code).toBe(64);
    expect(stderr).toMatch(/accepted, running, completed/);
  });

  it("says what is wrong with the client file", async () => {
    const path = join(home, "client.json");
    await writeFile(path, '{"api": 1}');
    const { code, stderr } = await starling("job", "list");
    await rm(path);
    expect(code).toBe(78);
    expect(stderr).toMatch(/"api" must be text/);
  });

  it("prints help on standard output", async () => {
    const { code, stdout } = await starling("job", "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/explain \[options\] <id>/);
  });
});
