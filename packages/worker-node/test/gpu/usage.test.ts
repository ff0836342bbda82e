// What an attempt uses of its GPUs: what the tools print, and what becomes of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { toldUsage } from "../../src/shell/executors/usage.ts";
import { meterGpus } from "../../src/shell/gpu/meter.ts";
import { askUse, type GpuUse, nvidiaUses } from "../../src/shell/gpu/usage.ts";
import { rocmUses } from "../../src/shell/probe/rocm-smi.ts";
import { standInTool } from "../executors/gpu-stand-ins.ts";

const signal = AbortSignal.timeout(60_000);

test("nvidia-smi's lines are read, and those with a figure that the GPU does not tell are left out", () => {
  const output =
    "GPU-aa, 87, 14021\nGPU-bb, [N/A], 512\nGPU-cc, 0, 4\nGPU-dd, 100, [Unknown Error]\nNo devices were found\n";
  expect(nvidiaUses(output)).toEqual(
    new Map([
      ["GPU-aa", { busyPercent: 87, memoryBytes: 14_021 * 2 ** 20 }],
      ["GPU-cc", { busyPercent: 0, memoryBytes: 4 * 2 ** 20 }],
    ]),
  );
});

test("rocm-smi's object is read in the same way", () => {
  const card = {
    "Unique ID": "0x4f5a1c9a5c0d2b3e",
    "GPU use (%)": "98.6",
    "VRAM Total Memory (B)": "17163091968",
    "VRAM Total Used Memory (B)": "692142080",
  };
  const apu = { "Unique ID": "N/A", "GPU use (%)": "19", "VRAM Total Used Memory (B)": "1" };
  expect(
    rocmUses(JSON.stringify({ card0: card, card1: apu, card2: { ...card, "GPU use (%)": "N/A" }, system: {} })),
  ).toEqual(new Map([["AMD-4f5a1c9a5c0d2b3e", { busyPercent: 99, memoryBytes: 692_142_080 }]]));
  expect(rocmUses("ERROR: no device")).toEqual(new Map());
});

test("the tool is asked for figures alone, and one that fails tells nothing", async () => {
  const folder = mkdtempSync(`${tmpdir()}/gpu-usage-`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const nvidiaSmi = standInTool(
    folder,
    "nvidia-smi",
    `[ "$1" = --query-gpu=uuid,utilization.gpu,memory.used ] && echo GPU-aa, 5, 6`,
  );
  const rocmSmi = standInTool(folder, "rocm-smi", "exit 1");
  expect(await askUse("nvidia", { nvidiaSmi, rocmSmi })(signal)).toEqual(
    new Map([["GPU-aa", { busyPercent: 5, memoryBytes: 6 * 2 ** 20 }]]),
  );
  expect(await askUse("amd", { nvidiaSmi, rocmSmi })(signal)).toEqual(new Map());
});

/** Plays looks in a row; the last is there for ever after. Resolves when all were asked for. */
async function metered(devices: readonly string[], looks: readonly (readonly (readonly [string, GpuUse])[])[]) {
  let asked = 0;
  let enough = (): void => undefined;
  const all = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const stop = meterGpus({
    devices,
    everyMs: 2,
    ask: async (stopping) => {
      const look = looks[asked];
      asked += 1;
      if (look !== undefined) return new Map(look);
      enough();
      return await new Promise((resolve) => stopping.addEventListener("abort", () => resolve(new Map())));
    },
  });
  await all;
  return { first: await stop(), second: await stop() };
}

const use = (busyPercent: number, memoryBytes: number): GpuUse => ({ busyPercent, memoryBytes });

test("an attempt is told the most memory that all its GPUs had at once, and how busy they were on average", async () => {
  const looks = [
    [["a", use(0, 5)] as const, ["b", use(20, 5)] as const, ["other", use(100, 1_000)] as const],
    [["a", use(100, 30)] as const, ["b", use(80, 1)] as const],
    // One of them does not answer: that is no measure of both.
    [["a", use(100, 500)] as const],
    [["a", use(40, 2)] as const, ["b", use(61, 2)] as const],
  ];
  const { first, second } = await metered(["a", "b"], looks);
  expect(first).toEqual({ memoryBytes: 31, busyPercent: 50 });
  expect(second).toEqual(first);
});

test("where nothing was seen nothing is told", async () => {
  expect((await metered(["a"], [[], [["b", use(1, 1)]]])).first).toBeNull();
  expect((await metered(["a"], [[["a", use(7, 0)]]])).first).toBeNull();
});

test("what the coordinator would refuse is not told", () => {
  const used = { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, bytesIn: 1, bytesOut: 1, fuel: 0 };
  const gpu = { memoryBytes: 2 ** 60, busyPercent: 170 };
  expect(toldUsage({ ...used, gpu }).gpu).toEqual({ memoryBytes: 2 ** 44, busyPercent: 100 });
});
