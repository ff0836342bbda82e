// Fuel: exactly what was run, the same in every compiler and every time, and an end that is no trap.
import { describe, expect, test } from "vitest";

import { assemble, type FunctionSource, i32, indexed } from "../../src/shell/executors/wasm/assembler.ts";
import { FUEL_EXPORT, PAGE_BYTES, rewrite } from "../../src/shell/executors/wasm/rewriter/rewrite.ts";
import { randomPair, SUM_AT } from "./random-programs.ts";

const LIMITS = { memoryBytes: 4 * PAGE_BYTES, stackBytes: 16 * 1024 * 1024 };
const PLENTY = 2n ** 50n;

function rewritten(bytes: Uint8Array): WebAssembly.Module {
  const result = rewrite(bytes, LIMITS);
  if (!result.ok) throw new Error(`${result.reason}: ${result.message}`);
  return new WebAssembly.Module(result.bytes);
}

interface Observed {
  readonly memory: Uint8Array;
  readonly trap: string | undefined;
  readonly used: bigint;
  readonly left: bigint;
}

/** Runs `_start`; `used` is 0 for a module that doesn't count. */
function observe(module: WebAssembly.Module, fuel = PLENTY): Observed {
  const { exports } = new WebAssembly.Instance(module, {});
  const counter = exports[FUEL_EXPORT] as WebAssembly.Global | undefined;
  if (counter !== undefined) counter.value = fuel;
  let trap: string | undefined;
  try {
    (exports._start as () => void)();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    trap = error.message;
  }
  const left = counter === undefined ? fuel : (counter.value as bigint);
  return { memory: new Uint8Array((exports.memory as WebAssembly.Memory).buffer), trap, used: fuel - left, left };
}

function sumOf({ memory }: Observed): bigint {
  return new DataView(memory.buffer).getBigUint64(SUM_AT, true);
}

describe("random programs", () => {
  test("compute the same, and use exactly the fuel of what was run", () => {
    const sums = new Set<bigint>();
    for (let seed = 1; seed <= 250; seed += 1) {
      const { plain, counting } = randomPair(seed * 7_919);
      const original = observe(new WebAssembly.Module(plain));
      const counted = observe(new WebAssembly.Module(counting));
      const metered = observe(rewritten(plain));
      expect(original.trap, `seed ${seed}`).toBeUndefined();
      expect(Buffer.compare(metered.memory, original.memory), `seed ${seed}`).toBe(0);
      expect(metered.used, `seed ${seed}`).toBe(sumOf(counted));
      sums.add(metered.used);
    }
    // Programs that all do nothing would show nothing.
    expect(sums.size).toBeGreaterThan(180);
  });

  test("end just when they need one unit more than they have", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const module = rewritten(randomPair(seed * 104_729).plain);
      const { used } = observe(module);
      expect(observe(module, used), `seed ${seed}`).toMatchObject({ trap: undefined, left: 0n });
      const short = observe(module, used - 1n);
      expect(short.left < 0n, `seed ${seed}`).toBe(true);
      expect(observe(module, used - 1n), `seed ${seed}`).toMatchObject({ trap: short.trap, left: short.left });
    }
  });
});

describe("what costs by its size", () => {
  /** Fuel of `_start` with this code, of a module with a table of one element that may grow. */
  const cost = (code: readonly number[]): bigint =>
    observe(rewritten(assemble({ functions: [{ code }], table: [0] }))).used;
  const bulk = (length: number, opcode: readonly number[]): number[] => [
    ...[...i32(0), ...i32(0), ...i32(length), ...opcode],
  ];
  const DROP = 0x1a;

  test.each([
    ["memory.fill", bulk(1_000, [0xfc, 0x0b, 0]), 3n + 500n + 1_000n],
    ["memory.copy", bulk(1_000, [0xfc, 0x0a, 0, 0]), 3n + 500n + 1_000n],
    ["table.fill", [...i32(0), 0xd0, 0x70, ...i32(1), 0xfc, 0x11, 0], 3n + 500n + 100n],
    ["table.copy", bulk(1, [0xfc, 0x0e, 0, 0]), 3n + 500n + 100n],
    ["table.grow", [0xd0, 0x70, ...i32(30), 0xfc, 0x0f, 0, DROP], 2n + 20_000n + 30n * 100n],
    ["table.grow beyond the limit", [0xd0, 0x70, ...i32(-1), 0xfc, 0x0f, 0, DROP], 2n + 20_000n],
    ["memory.grow", [...i32(2), 0x40, 0, DROP], 1n + 20_000n + 2n * 65_536n],
    ["memory.grow beyond the limit", [...i32(-1), 0x40, 0, DROP], 1n + 20_000n],
  ])("%s", (_name, code, expected) => {
    expect(cost(code)).toBe(expected);
  });

  test("more than there is ends the program before anything is moved", () => {
    const module = rewritten(assemble({ functions: [{ code: bulk(60_000, [0xfc, 0x0b, 0]).with(3, 1) }] }));
    const { trap, left, memory } = observe(module, 10_000n);
    expect(trap).toContain("unreachable");
    expect(left).toBeLessThan(0n);
    expect(memory.every((byte) => byte === 0)).toBe(true);
  });
});

test("an endless loop and endless calls stop", () => {
  const loop: FunctionSource = { code: [0x03, 0x40, 0x0c, 0, 0x0b] };
  expect(observe(rewritten(assemble({ functions: [loop] })), 100_000n)).toMatchObject({ left: -1n });
  // Doubles the calls at each of 60 levels, without any loop and without depth.
  const levels: FunctionSource[] = [{ code: [] }];
  for (let level = 0; level < 60; level += 1) levels.push({ code: [...indexed(0x10, level), ...indexed(0x10, level)] });
  const { left } = observe(rewritten(assemble({ functions: levels })), 1_000_000n);
  expect(left).toBeLessThan(0n);
  expect(left).toBeGreaterThan(-1_000n);
});
