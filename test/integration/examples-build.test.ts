// The examples' modules are what their sources give: fresh by their digests, and the same bytes when compiled again.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { committedRecord, compile, currentRecord } from "../../examples/build.ts";
import { COMPILERS, DEBIAN_CLANG } from "../../examples/compilers.ts";
import { EXAMPLE_PROGRAMS } from "../../examples/programs.ts";
import { missingPackages } from "../harness/debian.ts";

const isFull = process.env.STARLING_TEST_FULL === "1";
const chosen = isFull ? EXAMPLE_PROGRAMS : EXAMPLE_PROGRAMS.filter(({ module }) => module === "word-count/count.wasm");

test("the committed modules belong to the committed sources and compilers", () => {
  expect(currentRecord()).toEqual(committedRecord());
});

describe.each(chosen)("$module", (program) => {
  // In a long run CI's machine is given Debian's compiler; elsewhere what is there is used.
  if (program.language === "c" && isFull) missingPackages(Object.keys(DEBIAN_CLANG));
  const missing = COMPILERS[program.language].missing();
  if (missing === null)
    test("is compiled to the same bytes again", () => {
      const folder = mkdtempSync(join(tmpdir(), "compiled-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const committed = readFileSync(join(import.meta.dirname, "../../examples", program.module));
      expect(committed.equals(compile(program, folder))).toBe(true);
    });
  else test(`NOT COMPILED here, since ${missing}`, () => expect(missing).toMatch(/\w/));
});
