// One process per directory, by either method; what a dead process held is taken over.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { LockedError, lockDirectory } from "../src/process-lock.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const MODULE = pathToFileURL(join(import.meta.dirname, "../src/process-lock.ts")).href;

// Another process that takes the lock and exits without giving it back, or reports why it could not.
function lockElsewhere(directory: string, method: string): string {
  const script = `const { lockDirectory } = await import(${JSON.stringify(MODULE)});
    try { await lockDirectory(${JSON.stringify(directory)}, { method: ${JSON.stringify(method)} }); console.log("locked"); process.kill(process.pid, "SIGKILL"); }
    catch (error) { console.log(error.name); }`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }).stdout.trim();
}

describe.each(["socket", "file"] as const)("a lock by %s", (method) => {
  it("keeps others out until it is released", async () => {
    const directory = temporaryDirectory();
    const lock = await lockDirectory(directory, { method });
    await expect(lockDirectory(directory, { method })).rejects.toMatchObject({
      code: "locked",
      owner: { pid: process.pid },
    });
    expect(lockElsewhere(directory, method)).toBe("LockedError");
    await lock.release();
    expect(existsSync(join(directory, "owner.json"))).toBe(false);
    const again = await lockDirectory(directory, { method });
    await again.release();
  });

  it("is taken over when its process was killed", async () => {
    const directory = temporaryDirectory();
    expect(lockElsewhere(directory, method)).toBe("locked");
    expect(existsSync(join(directory, "owner.json"))).toBe(true);
    const lock = await lockDirectory(directory, { method });
    await lock.release();
  });

  it("names the owner in its message", async () => {
    const directory = temporaryDirectory();
    const lock = await lockDirectory(directory, { method });
    const error: unknown = await lockDirectory(directory, { method }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(LockedError);
    expect(String(error)).toContain(`in use by process ${process.pid}. Stop it first`);
    await lock.release();
  });
});

describe("a lock", () => {
  it("by socket meets the same directory under another name", async () => {
    const directory = temporaryDirectory();
    const real = join(directory, "real");
    mkdirSync(real);
    symlinkSync(real, join(directory, "link"));
    const lock = await lockDirectory(real, { method: "socket" });
    await expect(lockDirectory(join(directory, "link"), { method: "socket" })).rejects.toThrow(LockedError);
    await lock.release();
  });

  it("by file is taken over when another process has the owner's number now", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "owner.json"), JSON.stringify({ pid: process.pid, started: "1", lockedAt: 0 }));
    const lock = await lockDirectory(directory, { method: "file" });
    await lock.release();
  });
});
