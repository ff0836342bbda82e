// Whatever a worker decides by shows its number and its reason, and beside it what is the same for everybody.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { trustTable } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { printConstants } from "../../src/constants.ts";
import { policyTable } from "../../src/core/index.ts";

const core = join(import.meta.dirname, "..", "..", "src", "core");
const files = (await readdir(core, { recursive: true })).filter((name) => name.endsWith(".ts")).sort();
const text = printConstants();

describe("--print-config shows", () => {
  test.each([...Object.entries(policyTable), ...Object.entries(trustTable)])("%s with its reason", (name, { why }) => {
    const line = text.split("\n").find((one) => one.startsWith(`# ${name}: `));
    expect(line).toMatch(/^# \w+: \S.* # /);
    expect(line?.endsWith(` # ${why}`)).toBe(true);
    expect(why.length).toBeGreaterThan(15);
  });

  test("what is the same for everybody apart from what a worker may choose", () => {
    const [before = "", protocol = ""] = text.split("# protocol (the same for everybody):\n");
    expect(protocol.trim().split("\n")).toHaveLength(Object.keys(trustTable).length);
    for (const name of Object.keys(trustTable)) expect(before).not.toContain(`# ${name}: `);
  });
});

describe("no threshold of the core stands anywhere else than in the table that is printed", () => {
  test("there are files to look at", () => expect(files.length).toBeGreaterThan(10));

  test.each(files)("%s", async (name) => {
    const source = await readFile(join(core, name), "utf8");
    expect(source.match(/^(?:export )?const \w+(?:: \w+)? = [\d_]+n?(?: [*+] [\d_]+n?)*;/gm)).toBeNull();
  });
});
