// Errands are run in their order with their words as they are, fail by themselves, and outlive their shell.
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Errands } from "../../src/shell/executors/oci/errands.ts";

let folder: string;
let errands: Errands;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "errands-"));
  errands = new Errands();
});
afterEach(() => {
  errands.end();
  rmSync(folder, { recursive: true });
});

test("words arrive as they are, and nothing in them is a command", async () => {
  const names = ["two words", "it's", "$(touch bad)", "`touch bad`", "* ; touch bad", "-", "\\", '"'];
  await Promise.all(names.map((name) => errands.run("mkdir", "--", join(folder, name))));
  expect(readdirSync(folder).sort()).toEqual([...names].sort());
});

test("one that fails says why, and the others are run in their order", async () => {
  const path = join(folder, "one");
  const first = errands.run("mkdir", path);
  const second = errands.run("mkdir", path);
  const third = errands.run("rmdir", path);
  await first;
  await expect(second).rejects.toThrow(/^mkdir: 1 .*exists/);
  await third;
  expect(existsSync(path)).toBe(false);
  await expect(errands.run("no-such-program")).rejects.toThrow(/^no-such-program: 127 /);
});

test("those that wait when the shell dies are told, and the next one has another shell", async () => {
  const pending = [errands.run("sh", "-c", "kill -KILL $PPID"), errands.run("true")];
  for (const ended of await Promise.allSettled(pending))
    expect(ended).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("has ended") } });
  await errands.run("true");
  errands.end();
  await errands.run("true");
});
