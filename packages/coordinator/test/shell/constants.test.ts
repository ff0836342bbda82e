// Whatever decides by a number shows the number and its reason: nothing of it hides in a file that nobody prints.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { trustTable } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { printConstants } from "../../src/constants.ts";
import { policyTable, reputationTable } from "../../src/core/index.ts";

const packages = join(import.meta.dirname, "..", "..", "..");
const text = printConstants({ escrowIdle: 61_000, finality: 250 });

/** Files whose numbers are thresholds of verification; units of measure are none. */
const FILES: readonly { readonly path: string; readonly units?: readonly string[] }[] = [
  { path: "protocol/src/trust/terms.ts", units: ["ppm"] },
  { path: "protocol/src/trust/fine.ts" },
  { path: "protocol/src/trust/audits.ts" },
  { path: "protocol/src/trust/thin.ts" },
  { path: "protocol/src/spec/job-spec.ts" },
  { path: "coordinator/src/core/verification/backing.ts" },
  { path: "coordinator/src/core/verification/probation.ts" },
  { path: "coordinator/src/core/verification/lottery.ts" },
  { path: "coordinator/src/core/verification/tickets.ts" },
  { path: "coordinator/src/core/verification/compare.ts" },
  { path: "coordinator/src/core/verification/audit.ts" },
  { path: "coordinator/src/core/scheduling/reputation.ts", units: ["unit", "million"] },
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
  test.each(FILES)("$path", async ({ path, units = [] }) => {
    const source = await readFile(join(packages, path), "utf8");
    expect(numbersIn(source).filter((name) => !units.includes(name))).toEqual([]);
  });

  test("and what would be found is found", () => {
    expect(numbersIn("export const most = 3;\nconst least: number = 4_000n * 2n;\nconst none = from.table;")).toEqual([
      "most",
      "least",
    ]);
  });
});
