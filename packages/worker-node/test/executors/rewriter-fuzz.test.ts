// The rewriter against damaged and made-up modules: it answers all of them, changes nothing about which ones are valid, and what it lets through ends.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble, TYPE } from "../../src/shell/executors/wasm/assembler.ts";
import { WASI_FUNCTIONS, WASI_NAMESPACE } from "../../src/shell/executors/wasm/rewriter/imports.ts";
import { FUEL_EXPORT, PAGE_BYTES, rewrite, START_EXPORT } from "../../src/shell/executors/wasm/rewriter/rewrite.ts";
import { copyProgram } from "./programs.ts";
import { type Draw, drawFrom, randomPair } from "./random-programs.ts";

const isFull = process.env.STARLING_TEST_FULL === "1";
const INPUTS = isFull ? 10_000_000 : 100_000;
const LIMIT_MS = isFull ? 80 * 60_000 : 120_000;
const LIMITS = { memoryBytes: 16 * PAGE_BYTES, stackBytes: 1024 * 1024 };
const EXAMPLES = join(import.meta.dirname, "../../../../examples");

/** Small modules, so that a change hits something that matters. */
function seeds(): Uint8Array[] {
  const examples = ["misbehave/endless-loop.wasm", "misbehave/endless-recursion.wasm"].map(
    (path) => new Uint8Array(readFileSync(join(EXAMPLES, path))),
  );
  const random = Array.from({ length: 40 }, (_, i) => randomPair(i * 31 + 5).plain).filter(
    ({ length }) => length < 500,
  );
  return [...examples, ...random, copyProgram("x"), rich()];
}

/** One of everything: start section, several results, tables, passive segments, vectors, a custom section. */
function rich(): Uint8Array {
  const bytes: number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const section = (id: number, ...body: number[]): void => void bytes.push(id, body.length, ...body);
  section(0, 4, ...new TextEncoder().encode("name"), 1, 2);
  section(1, 3, 0x60, 0, 0, 0x60, 2, 0x7f, 0x7e, 2, 0x7e, 0x7f, 0x60, 0, 1, 0x7b);
  section(3, 4, 0, 1, 2, 0);
  section(4, 2, 0x70, 1, 2, 4, 0x6f, 0, 1);
  section(5, 1, 1, 1, 4);
  section(6, 2, 0x7f, 1, 0x41, 5, 0x0b, 0x7e, 0, 0x42, 7, 0x0b);
  section(7, 2, 6, ...new TextEncoder().encode("memory"), 2, 0, 6, ...new TextEncoder().encode("_start"), 0, 3);
  section(8, 0);
  section(9, 3, 0, 0x41, 0, 0x0b, 1, 0, 1, 0, 1, 1, 5, 0x70, 1, 0xd2, 2, 0x0b);
  section(12, 2);
  const bodies = [
    [0, 0x41, 1, 0x42, 2, 0x02, 1, 0x10, 1, 0x0b, 0x1a, 0x1a, 0x23, 0, 0x04, 0x40, 0x0f, 0x05, 0x01, 0x0b, 0x0b],
    [1, 1, 0x7f, 0x20, 0, 0x22, 2, 0x04, 0x40, 0x03, 0x40, 0x20, 2, 0x0e, 1, 0, 1, 0x0b, 0x0b, 0x20, 1, 0x20, 0, 0x0b],
    [0, 0xfd, 0x0c, ...new Array<number>(16).fill(3), 0xfd, 0x4d, 0x41, 0, 0xfd, 0, 4, 0, 0xfd, 0x51, 0x0b],
    [
      ...[0, 0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 8, 1, 0, 0xfc, 9, 1, 0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 10, 0, 0],
      ...[0xd0, 0x6f, 0x41, 1, 0xfc, 15, 1, 0x1a, 0x41, 1, 0x40, 0, 0x1a, 0x41, 0, 0x11, 0, 0, 0x0b],
    ],
  ];
  section(10, bodies.length, ...bodies.flatMap((body) => [body.length, ...body]));
  section(11, 2, 0, 0x41, 0, 0x0b, 1, 9, 1, 2, 8, 8);
  return Uint8Array.from(bytes);
}

/** Bytes with a meaning in many places. */
const NOTABLE = [
  ...[0, 1, 2, 3, 4, 5, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x1a, 0x20, 0x21, 0x22, 0x23, 0x24],
  ...[0x40, 0x41, 0x42, 0x60, 0x6f, 0x70, 0x7b, 0x7e, 0x7f, 0x80, 0xc0, 0xd0, 0xd2, 0xfc, 0xfd, 0xfe, 0xff],
];

/** A seed with a few bytes set, put in, taken out or copied from elsewhere. */
function damaged(original: Uint8Array, draw: Draw): Uint8Array {
  const bytes = [...original];

  for (let edits = 1 + (draw(4) >> 1); edits > 0; edits -= 1) {
    const at = 8 + draw(bytes.length - 8);
    const byte = draw(2) === 0 ? draw(256) : (NOTABLE[draw(NOTABLE.length)] ?? 0);
    const kind = draw(8);
    // Lengths of sections stay right in most cases, or nothing behind them would be reached.
    if (kind < 5) bytes[at] = byte;
    else if (kind === 5) bytes.splice(at, 0, byte);
    else if (kind === 6) bytes.splice(at, 1 + draw(4));
    else bytes.copyWithin(at, 8 + draw(bytes.length - 8), bytes.length);
  }
  return Uint8Array.from(bytes);
}

/** Instructions of which random ones follow each other without much that is wrong. */
const CHUNKS: readonly (readonly number[])[] = [
  ...[[0x41, 1], [0x41, 0x7f], [0x20, 0], [0x20, 1], [0x21, 0], [0x22, 0], [0x1a], [0x6a], [0x45], [0x6d], [0x01]],
  ...[[0x02, 0x40], [0x03, 0x40], [0x04, 0x40], [0x02, 0x7f], [0x05], [0x0b], [0x0b], [0x0c, 0], [0x0d, 0], [0x0d, 1]],
  ...[[0x0e, 1, 0, 0], [0x0f], [0x10, 0], [0x11, 0, 0], [0x00], [0x40, 0], [0x3f, 0], [0x28, 2, 0], [0x36, 2, 0]],
  ...[[0xfc, 10, 0, 0], [0xfc, 11, 0], [0xfc, 15, 0], [0xfc, 16, 0], [0xfc, 17, 0], [0xd0, 0x70], [0xd2, 0], [0xd1]],
  ...[[0x43, 0, 0, 0, 0], [0x94], [0x92], [0xbb], [0xa8], [0xfd, 0x13], [0xfd, 0xe4, 1]],
  ...[[0xfd, 0x11], [0xfd, 0x1b, 0], [0xfd, 0xae, 1], [0x42, 1], [0xa7], [0x1b], [0x20, 2], [0x23, 0], [0x24, 1]],
];

/** A well-formed module around random instructions. */
function madeUp(draw: Draw): Uint8Array {
  const code: number[] = [];
  let open = 0;
  for (let left = draw(16); left > 0; left -= 1) {
    const chunk = CHUNKS[draw(CHUNKS.length)] ?? [];
    const [first] = chunk;
    if (first === 0x0b && open === 0) continue;
    if (first === 0x0b) open -= 1;
    else if (first !== undefined && first >= 0x02 && first <= 0x04) open += 1;
    code.push(...chunk);
  }
  // What is open has to be closed; an unreachable end takes any type.
  for (; open > 0; open -= 1) code.push(0x00, 0x0b);
  const body = { parameters: [TYPE.i32], code: draw(2) === 0 ? code : [...code, 0x00] };
  return assemble({ functions: [body, { locals: [TYPE.i32], code: [] }], table: [0], pages: 1 });
}

/** Fuel of a run: enough to get somewhere, little enough for thousands of runs. */
const FUEL = 100_000n;

/** Runs an accepted module: whatever it is, it ends, by its own doing or at a limit that is the rewriter's. */
function run(bytes: Uint8Array): void {
  const result = rewrite(bytes, LIMITS);
  if (!result.ok) throw new Error("it was accepted before");
  const module = new WebAssembly.Module(result.bytes);
  const nothing = (): number => 0;
  const stubs = Object.fromEntries(WASI_FUNCTIONS.map((name) => [name, nothing]));
  try {
    const { exports } = new WebAssembly.Instance(module, { [WASI_NAMESPACE]: stubs });
    (exports[FUEL_EXPORT] as WebAssembly.Global).value = FUEL;
    (exports[START_EXPORT] as (() => void) | undefined)?.();
    (exports._start as () => void)();
  } catch (error) {
    // Anything else, such as a native stack overflow, is no ending that all machines would reach.
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  }
}

function check(bytes: Uint8Array, canonicalNans: boolean): "refused" | "invalid" | "valid" {
  const result = rewrite(bytes, { ...LIMITS, canonicalNans });
  if (!result.ok) return "refused";
  const isValid = WebAssembly.validate(bytes);
  // Both ways: code that is wrong must not become right by what is added, since then it could reach that.
  if (WebAssembly.validate(result.bytes) !== isValid)
    throw new Error(isValid ? "broken by rewriting" : "mended by rewriting");
  return isValid ? "valid" : "invalid";
}

test(
  `${INPUTS} modules are refused, or as valid as before and end`,
  () => {
    // As in the sandbox: refusals are exceptions, and a stack trace would cost more than all the rest.
    Error.stackTraceLimit = 0;
    const originals = seeds();
    for (const original of originals) expect(check(original, true)).toBe("valid");
    const counts = { refused: 0, invalid: 0, valid: 0 };
    // Another start for every long run; the short one finds the same every time.
    const first = isFull ? Date.now() : 1;
    for (let i = 0; i < INPUTS; i += 1) {
      const draw = drawFrom((first + i) * 2_654_435 + 1);
      const original = originals[draw(originals.length)] ?? new Uint8Array(0);
      const bytes = draw(2) === 0 ? madeUp(draw) : damaged(original, draw);
      try {
        const found = check(bytes, i % 2 === 0);
        counts[found] += 1;
        if (found === "valid" && counts.valid % 4 === 0) run(bytes);
      } catch (error) {
        throw new Error(`input ${first + i}: ${String(error)}: ${Buffer.from(bytes).toString("hex")}`, {
          cause: error,
        });
      }
    }
    // Otherwise most of the rewriter was never reached.
    expect(counts.valid).toBeGreaterThan(INPUTS / 50);
    expect(counts.invalid).toBeGreaterThan(INPUTS / 50);
    expect(counts.refused).toBeLessThan(INPUTS * 0.9);
  },
  LIMIT_MS,
);
