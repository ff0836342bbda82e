// A program that no worker could run is refused before anything is sent, with what to do instead.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { prepareJob } from "../src/index.ts";
import { headProblem } from "../src/program-check.ts";

// Of an empty file without a name: 148 zeros, the sum, zeros.
const tarHead = `${"\0".repeat(148)}000400\0 ${"\0".repeat(356)}`;
const module = "\0asm\u0001\0\0\0";

test.each([
  ["wasm", module, null],
  ["wasm", "\0asm\r\0\u0001\0", /component.*wasm32-wasip1/],
  ["wasm", "\0asm\u0002\0\0\0", /version that nobody runs/],
  ["wasm", "\u007fELF\u0002\u0001\u0001\0", /run\.process\.program/],
  ["wasm", "#!/bin/s", /run\.process\.program/],
  ["wasm", "version:", /no WebAssembly module/],
  ["wasm", "", /no WebAssembly module/],
  ["process", "#!/bin/s", null],
  ["process", "\u007fELF\u0002\u0001\u0001\0", null],
  ["process", module, /run\.wasm/],
  ["image", `\u001f\u008b\b${"\0".repeat(5)}`, null],
  ["image", tarHead, null],
  ["root", tarHead, null],
  ["root", `x${tarHead.slice(1)}`, /no tar archive/],
  ["root", "\u0028\u00b5\u002f\u00fdxxxx", /zstd.*gzip/],
  ["image", "FROM scratch", /no tar archive/],
  ["process", "import n", /neither an ELF file nor a script.*#!\/usr\/bin\/env python3/],
] as const)("a %s file that begins with %j", (engine, head, words) => {
  const problem = headProblem(engine, head);
  if (words === null) expect(problem).toBeNull();
  else expect(problem).toMatch(words);
});

test("every step's program is looked at, and each problem names its field", async () => {
  const folder = await mkdtemp(join(tmpdir(), "starling-program-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  await writeFile(join(folder, "map.wasm"), "text");
  await writeFile(join(folder, "reduce.py"), "print()");
  const yaml = `version: 1
run: {wasm: ./map.wasm}
outputs: {out: out}
reduce: {run: {process: {program: ./reduce.py}}, outputs: {all: all}}
`;
  await writeFile(join(folder, "job.yaml"), yaml);
  await expect(prepareJob(join(folder, "job.yaml"), async () => 0)).rejects.toMatchObject({
    code: "invalidSpec",
    fields: [
      { field: "run.wasm", description: expect.stringContaining("./map.wasm is no WebAssembly module") },
      { field: "reduce.run.process", description: expect.stringContaining("./reduce.py is neither") },
    ],
  });
});
