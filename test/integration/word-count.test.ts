// The word count in C and in Rust: what the sandbox gives is what another program counts, however the texts are cut.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWasmExecutor, type Executor, type RunOutcome } from "@starling/worker-node/executors";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runLocally } from "../../examples/local-run.ts";
import { countWords, referenceTable } from "../../examples/word-count/reference.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/word-count");
const PROGRAMS = ["count.wasm", "count-rust.wasm"];
const LIMITS = { timeoutMs: 20_000, memoryBytes: 1 << 24, outputBytes: 1 << 20, outputFiles: 4, logBytes: 1_000 };
const { signal } = new AbortController();

let executor: Executor;
let folder: string;
beforeAll(() => {
  executor = createWasmExecutor({ slots: 2 });
  folder = mkdtempSync(join(tmpdir(), "word-count-"));
});
afterAll(async () => {
  await executor.close();
  rmSync(folder, { recursive: true });
});

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

async function count(program: string, args: readonly string[], text: string): Promise<RunOutcome> {
  const path = join(folder, "text");
  writeFileSync(path, text);
  return await executor.run(
    {
      leaseId: program,
      payer: "payer",
      program: readFileSync(join(EXAMPLE, program)),
      programDigest: program,
      args,
      env: {},
      inputs: [{ name: "text", path, size: Buffer.byteLength(text) }],
      outputs: [{ name: "counts", path: "counts.tsv" }],
      limits: LIMITS,
    },
    { signal },
  );
}

async function countPart(program: string, options: { part: number; of: number }, text: string): Promise<string> {
  const args = ["--text", "text", "--part", String(options.part), "--of", String(options.of)];
  const outcome = await count(program, args, text);
  if (outcome.kind !== "completed") throw new Error(`${program}: ${JSON.stringify(outcome)}`);
  return textOf(outcome.outputs[0]?.bytes);
}

test("the job's table is what one other program counts in one piece", async () => {
  const { tasks, reduced } = await runLocally(join(EXAMPLE, "job.yaml"), executor, { signal });
  expect(tasks).toHaveLength(12);
  const table = textOf(reduced?.outputs[0]?.bytes);
  expect(table).toBe(referenceTable());
  expect(table).toMatch(/^the\t\d{4}\nof\t\d{4}\n/);
  const rust = readFileSync(join(EXAMPLE, "corpus/book-1.txt"), "utf8");
  expect(await countPart("count-rust.wasm", { part: 2, of: 4 }, rust)).toBe(textOf(tasks[1]?.outputs[0]?.bytes));
});

test("every word is counted once, however a text is cut", async () => {
  const letters = fc.constantFrom("a", "B", "æ", "É", "ß", "'", "1", " ", "\n", "§", "\u{1F4A1}");
  const text = fc.string({ unit: letters, minLength: 0, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 3 }), async (whole, of) => {
      for (const program of PROGRAMS) {
        const counted = new Map<string, number>();
        for (let part = 1; part <= of; part += 1) {
          const lines = (await countPart(program, { part, of }, whole)).split("\n").slice(0, -1);
          for (const line of lines) {
            const [word = "", times] = line.split("\t");
            counted.set(word, (counted.get(word) ?? 0) + Number(times));
          }
        }
        expect(counted).toEqual(countWords(whole));
      }
    }),
    { numRuns: 25 },
  );
});

test.each(
  PROGRAMS.flatMap(
    (program) =>
      [
        [program, ["--text", "text", "--part", "1"], "there must be an option: --of"],
        [program, ["--text", "text", "--part", "0", "--of", "2"], "must be a number from 1: --part"],
        [program, ["--text", "text", "--part", "3", "--of", "2"], "there are not so many parts: --part"],
        [program, ["--text", "book", "--part", "1", "--of", "2"], "there is no text: /in/book"],
      ] as const,
  ),
)("%s refuses %j", async (program, args, message) => {
  const outcome = await count(program, args, "text");
  expect(outcome).toMatchObject({ kind: "failed", reason: "exit", exitCode: 2, log: `${message}\n` });
});
