// Whatever decides by a number shows the number and its reason: nothing of it hides in a file that nobody prints.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { trustTable } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { printConstants } from "../../src/constants.ts";
import { policyTable, reputationTable } from "../../src/core/index.ts";

const packages = join(import.meta.dirname, "..", "..", "..");
const text = printConstants({ escrowIdle: 61_000, finality: 250 });

/** Where numbers decide. */
const FOLDERS = [
  "protocol/src/trust",
  "coordinator/src/core/verification",
  "coordinator/src/core/scheduling",
  "coordinator/src/core/lifecycle",
];

/** Numbers that decide nothing: units, bounds of what is read and of what is shown to people, and what a hash is made of. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  "protocol/src/trust/terms.ts": ["ppm"],
  "protocol/src/trust/shuffle.ts": ["rounds"],
  "protocol/src/trust/sealed-secret.ts": ["nonceBytes"],
  "protocol/src/trust/json-reader.ts": ["depthMax", "numberLengthMax"],
  "protocol/src/trust/npy-reader.ts": ["headerBytesMax", "dimensionsMax"],
  "coordinator/src/core/verification/commit-set.ts": ["mebibyte"],
  "coordinator/src/core/scheduling/reputation.ts": ["unit", "million"],
  "coordinator/src/core/scheduling/ranking.ts": ["million"],
  "coordinator/src/core/scheduling/lot.ts": ["weightsPerToken"],
  "coordinator/src/core/scheduling/plan.ts": ["operatorsMax"],
  "coordinator/src/core/scheduling/explanation.ts": ["leasesMax", "lanesMax"],
};

const found = await Promise.all(
  FOLDERS.map(async (folder) => {
    const names = await readdir(join(packages, folder));
    return names.filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name}`);
  }),
);
const files = [
  ...found.flat(),
  "protocol/src/spec/job-spec.ts",
  "coordinator/src/core/money/pledge.ts",
  "coordinator/src/shell/api/submission.ts",
];

/** Constants that are a number, or made of nothing but numbers. */
function numbersIn(source: string): readonly string[] {
  return [...source.matchAll(/^(?:export )?const (\w+)(?:: \w+)? = [\d_]+n?(?: [*+] [\d_]+n?)*;/gm)].map(
    ([, name = ""]) => name,
  );
}

describe("--print-config shows", () => {
  test.each([...Object.entries(policyTable), ...Object.entries(reputationTable), ...Object.entries(trustTable)])(
    "%s with its reason",
    (name, { value, why }) => {
      const line = text.split("\n").find((one) => one.startsWith(`# ${name}: `));
      expect(line).toMatch(/^# \w+: \S.* # /);
      expect(line?.endsWith(` # ${why}`)).toBe(true);
      expect(why.length).toBeGreaterThan(15);
      if (!name.endsWith("Ms")) expect(line).toContain(`: ${value} #`);
    },
  );

  test("what is the same for everybody apart from what a coordinator may choose", () => {
    const [before = "", protocol = ""] = text.split("# protocol (the same for everybody):\n");
    expect(protocol.trim().split("\n")).toHaveLength(Object.keys(trustTable).length);
    for (const name of Object.keys(trustTable)) expect(before).not.toContain(`# ${name}: `);
  });

  test("values that an option changes as they are in force", () => {
    expect(text).toContain("# escrowIdleMs: 1m 1s #");
    expect(text).toContain("# finalityMs: 250ms #");
  });
});

describe("no threshold stands anywhere else than in a table that is printed", () => {
  test.each(files)("%s", async (path) => {
    const source = await readFile(join(packages, path), "utf8");
    expect(numbersIn(source)).toEqual(HARMLESS[path] ?? []);
  });

  test("where nothing is left out that is gone", () => {
    expect(Object.keys(HARMLESS).filter((path) => !files.includes(path))).toEqual([]);
    expect(files.length).toBeGreaterThan(60);
  });

  test("and what would be found is found", () => {
    expect(numbersIn("export const most = 3;\nconst least: number = 4_000n * 2n;\nconst none = from.table;")).toEqual([
      "most",
      "least",
    ]);
  });
});
