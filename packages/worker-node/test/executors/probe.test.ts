// The probe's calibration is what IEEE arithmetic gives, computed here a second time without WebAssembly.
import { createHash } from "node:crypto";
import { calibrations } from "@starling/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Executor, RunOutcome } from "../../src/shell/executors/executor.ts";
import { createWasmExecutor, measureFuelOverhead, measureOverhead } from "../../src/shell/executors/index.ts";
import { probe, probeTask } from "../../src/shell/executors/wasm/probe.ts";

function expectedOutput(): Uint8Array {
  const bytes = new Uint8Array(64 * 32);
  const view = new DataView(bytes.buffer);
  const single = Math.fround;
  let x = 1.5;
  let y = single(0.7);
  let z = BigInt.asUintN(64, -7046029254386353131n);
  for (let row = 0; row < 64; row += 1) {
    x = Math.sqrt(x * x * 1.0000001 + 1 / (x + 0.1));
    y = single(single(y * single(1.37)) + single(x));
    y = single(y - Math.trunc(y));
    z = BigInt.asUintN(64, z * 6364136223846793005n + BigInt(1_024 + 32 * row));
    z = BigInt.asUintN(64, (z << 13n) | (z >> 51n));
    const halves = [Number(BigInt.asIntN(32, z)), Number(BigInt.asIntN(32, z >> 32n))];
    for (let lane = 0; lane < 4; lane += 1) {
      const value = single(single(y * single(1.1)) + single(halves[lane % 2] ?? 0));
      view.setFloat32(32 * row + 4 * lane, value, true);
    }
    view.setFloat64(32 * row + 16, x, true);
    view.setBigUint64(32 * row + 24, z, true);
  }
  return bytes;
}

describe("the probe", () => {
  let executor: Executor;
  beforeAll(() => {
    executor = createWasmExecutor({ slots: 1 });
  });
  afterAll(() => executor.close());
  const { signal } = new AbortController();

  test("calibrates to what the arithmetic must give", async () => {
    const digest = `0x${createHash("sha256").update(expectedOutput()).digest("hex")}`;
    expect(calibrations.wasm[0]?.digest).toBe(digest);
    expect(await executor.probe({ signal })).toMatchObject({ works: true, calibration: digest });
  });

  test("doesn't count a backend that computes something else, or nothing", async () => {
    const usage = { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, bytesIn: 1, bytesOut: 1, fuel: 0 };
    const bytes = expectedOutput();
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    const outputs = [{ name: "probe", bytes }];
    const wrong: RunOutcome = { kind: "completed", exitCode: 0, outputs, log: "", usage };
    expect(await probe(() => Promise.resolve(wrong))).toMatchObject({ works: false });
    const broken: RunOutcome = { kind: "infrastructure", message: "no such file" };
    const result = await probe(() => Promise.resolve(broken));
    expect(result).toMatchObject({ works: false, reason: expect.stringContaining("no such file") });
  });

  test("doesn't count a backend that counts other fuel", async () => {
    const usage = { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, bytesIn: 1, bytesOut: 1, fuel: 13_866 };
    const outputs = [{ name: "probe", bytes: expectedOutput() }];
    const outcome: RunOutcome = { kind: "completed", exitCode: 0, outputs, log: "", usage };
    const result = await probe(() => Promise.resolve(outcome));
    expect(result).toMatchObject({ works: false, reason: expect.stringContaining("13866 units of starling/fuel/1") });
  });

  test("what counting costs a program can be measured", () => {
    const { program, args, outputs } = probeTask();
    const cost = measureFuelOverhead({ program, args, outputs, inputs: [] }, 3);
    expect(cost.fuel).toBe(13_865);
    expect(Math.min(cost.plainMsP50, cost.countedMsP50, cost.prepareMs)).toBeGreaterThan(0);
  });

  test("its overhead can be measured", async () => {
    const overhead = await measureOverhead(executor, { rounds: 5, signal });
    expect(overhead.sandboxMsP99).toBeGreaterThanOrEqual(overhead.sandboxMsP50);
    expect(overhead.addedMsP50).toBeCloseTo(overhead.sandboxMsP50 - overhead.bareMsP50);
  });
});
