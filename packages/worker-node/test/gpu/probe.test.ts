// Finding GPUs: the parsers, the bus, and tools that are missing, fail or hang. No output here was recorded on a GPU of ours.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { gpuFindings } from "../../src/shell/doctor/gpu-checks.ts";
import { checkGpu } from "../../src/shell/gpu/check-gpu.ts";
import { gpuCalibration, largestGroup } from "../../src/shell/gpu/gpu-class.ts";
import { GpuLookout } from "../../src/shell/gpu/lookout.ts";
import { probeGpus } from "../../src/shell/probe/gpus.ts";
import { pciGpu } from "../../src/shell/probe/pci.ts";
import { parseRocmSmi, rocmAddresses } from "../../src/shell/probe/rocm-smi.ts";
import { callTool } from "../../src/shell/probe/tool.ts";

const signal = AbortSignal.timeout(60_000);

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "starling-gpu-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function tool(name: string, script: string): string {
  const path = join(folder(), name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A bus with these devices: vendor, device, class. */
function bus(...devices: readonly (readonly [string, string, string])[]): string {
  const root = folder();
  devices.forEach(([vendor, device, kind], i) => {
    const path = join(root, `0000:0${i}:00.0`);
    mkdirSync(path);
    for (const [name, text] of Object.entries({ vendor, device, class: kind }))
      writeFileSync(join(path, name), `${text}\n`);
  });
  return root;
}

// The field names and forms of ROCm 6's documentation.
const card = {
  "Unique ID": "0x2150e7d042a1124",
  "VRAM Total Memory (B)": "68702699520",
  "VRAM Total Used Memory (B)": "10960896",
  "Card Series": "AMD INSTINCT MI250 (MCM) OAM AC MBA",
  "Card Model": "0x740c",
  "GFX Version": "gfx90a",
};
const mi250 = {
  vendor: "amd",
  model: "AMD INSTINCT MI250 (MCM) OAM AC MBA",
  vramBytes: 68_702_699_520,
  arch: "gfx90a",
  driver: "6.7.0",
  uuid: "AMD-2150e7d042a1124",
};
const system = { "Driver version": "6.7.0" };

describe("rocm-smi", () => {
  test("is read, whatever warning stands before and however a release writes its names", () => {
    expect(parseRocmSmi(JSON.stringify({ card0: card, system }))).toEqual([mi250]);
    const { "Card Series": series, ...rest } = card;
    const old = `WARNING: AMD GPU device(s) is/are in a low-power state.\n\n${JSON.stringify({ card0: { ...rest, "Card series": series }, system })}`;
    expect(parseRocmSmi(old)).toEqual([mi250]);
  });

  // What owners of such cards have shown in public, without what is not asked for.
  test.each([
    [
      "an Instinct MI250 under ROCm 5 tells no architecture",
      `{"card0": {"GPU ID": "0x740c", "Unique ID": "0x719d230578348e8c", "PCI Bus": "0000:2B:00.0", "VRAM Total Memory (B)": "68702699520",
      "Card series": "AMD INSTINCT MI250 (MCM) OAM AC MBA", "Card model": "0x0b0c", "Card vendor": "Advanced Micro Devices, Inc. [AMD/ATI]",
      "Card SKU": "D65209"}, "system": {"Driver version": "6.2.4"}}`,
      "gfx90a",
    ],
    [
      "a Radeon RX 7900 XT under ROCm 6 where its id was not asked for",
      `{"card0": {"GPU use (%)": "0", "VRAM Total Memory (B)": "21458059264", "VRAM Total Used Memory (B)": "27856896",
      "Card Series": "Radeon RX 7900 XT", "Card Model": "0x744c", "Card Vendor": "Advanced Micro Devices, Inc. [AMD/ATI]",
      "Card SKU": "D70401XT", "Subsystem ID": "0x471e", "Device Rev": "0xcc", "Node ID": "1", "GUID": "26967", "GFX Version": "gfx1100"},
      "system": {"Driver version": "6.8.5"}}`,
      "gfx1100",
    ],
    [
      "a Radeon 780M in a processor, which has none",
      `{"card0": {"Device Name": "Phoenix3", "Device ID": "0x1900", "Device Rev": "0x01", "Subsystem ID": "0xe001", "GUID": "45560",
      "Unique ID": "N/A", "VBIOS version": "113-PHXGENERIC-001", "VRAM Total Memory (B)": "4294967296", "PCI Bus": "0000:C4:00.0",
      "Card Series": "Phoenix3", "Card Model": "0x1900", "GFX Version": "gfx1103"}, "system": {"Driver version": "6.8.0"}}`,
      "gfx1103",
    ],
  ])("%s: it is not advertised, and with that it would be", (_name, output, arch) => {
    expect(parseRocmSmi(output)).toEqual([]);
    const { card0, system: told } = JSON.parse(output);
    const id = card0["Unique ID"] ?? "N/A";
    const whole = { ...card0, "Unique ID": id === "N/A" ? "0x1" : id, "GFX Version": arch };
    expect(parseRocmSmi(JSON.stringify({ card0: whole, system: told }))).toMatchObject([{ vendor: "amd", arch }]);
  });

  test("tells where on the bus a card is", () => {
    const said = JSON.stringify({
      card0: { ...card, "PCI Bus": "0000:C4:00.0" },
      card1: { "Unique ID": "0x2" },
      system,
    });
    expect(rocmAddresses(said)).toEqual(
      new Map([
        ["AMD-2150e7d042a1124", "0000:c4:00.0"],
        ["AMD-2", ""],
      ]),
    );
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "ERROR: GPU not found { or so"],
    ["a list", "[1, 2]"],
    ["no driver", JSON.stringify({ card0: card })],
    ["no memory", JSON.stringify({ card0: { ...card, "VRAM Total Memory (B)": "N/A" }, system })],
    ["no architecture", JSON.stringify({ card0: { ...card, "GFX Version": "N/A" }, system })],
    ["no id", JSON.stringify({ card0: { ...card, "Unique ID": "N/A" }, system })],
    ["a card that is none", JSON.stringify({ card0: null, cardX: card, system })],
  ])("advertises nothing for %s", (_name, output) => {
    expect(parseRocmSmi(output)).toEqual([]);
  });
});

describe("the bus", () => {
  test.each([
    [
      { vendor: "0x10de", device: "0x2335", class: "0x030200" },
      { vendor: "nvidia", device: "0x2335" },
    ],
    [
      { vendor: "0x1002\n", device: "0x74A1\n", class: "0x120000\n" },
      { vendor: "amd", device: "0x74a1" },
    ],
    [
      { vendor: "0x8086", device: "0x56c0", class: "0x038000" },
      { vendor: "intel", device: "0x56c0" },
    ],
    [{ vendor: "0x10de", device: "0x22ba", class: "0x040300" }, null],
    [{ vendor: "0x1af4", device: "0x1050", class: "0x030000" }, null],
    [{ vendor: "", device: "", class: "" }, null],
  ])("%o is %o", (files, found) => {
    expect(pciGpu("0000:01:00.0", files)).toEqual(found === null ? null : { ...found, address: "0000:01:00.0" });
  });

  test("tells of GPUs that no tool lists, and advertises none of them", async () => {
    const found = await probeGpus({
      nvidiaSmi: tool("nvidia-smi", 'echo "GPU-a, NVIDIA T4, 15360, 535.104.05, 7.5"'),
      rocmSmi: "starling-no-such-tool",
      pciFolder: bus(
        ["0x10de", "0x1eb8", "0x030200"],
        ["0x10de", "0x1eb8", "0x030200"],
        ["0x1002", "0x74a1", "0x120000"],
      ),
      signal,
    });
    expect(found.accelerators.map(({ uuid }) => uuid)).toEqual(["GPU-a"]);
    expect(found.silent.map(({ vendor, address }) => `${vendor} ${address}`)).toEqual([
      "nvidia 0000:01:00.0",
      "amd 0000:02:00.0",
    ]);
    expect(gpuFindings(found).map(({ status }) => status)).toEqual(["ok", "warning", "warning"]);
  });
});

describe("a tool", () => {
  test("that fails or hangs is told with its reason, and is not waited for", async () => {
    const call = { args: [], signal };
    const failing = tool(
      "nvidia-smi",
      "echo 'Unable to determine the device handle for GPU: GPU is lost.' >&2; exit 15",
    );
    expect(await callTool({ ...call, command: failing })).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining("GPU is lost"),
    });
    const hanging = tool("rocm-smi", "exec tail -f /dev/null");
    expect(await callTool({ ...call, command: hanging, limitMs: 200 })).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining("no answer within 0.2 s"),
    });
    expect(await callTool({ ...call, command: "starling-no-such-tool" })).toEqual({ kind: "missing" });
  });

  test("gets no environment but the path", async () => {
    process.env.STARLING_CANARY = "canary";
    onTestFinished(() => {
      delete process.env.STARLING_CANARY;
    });
    const answer = await callTool({ command: "env", args: [], environment: { ASKED: "1" }, signal });
    expect(answer.kind === "said" && answer.output).toContain("ASKED=1");
    expect(answer.kind === "said" && answer.output).not.toContain("canary");
  });
});

describe("check-gpu", () => {
  const none = { nvidiaSmi: "starling-no-such-tool", rocmSmi: "starling-no-such-tool", signal };
  const t4 = () => ({
    ...none,
    nvidiaSmi: tool("nvidia-smi", 'echo "GPU-a, NVIDIA T4, 15360, 535.104.05, 7.5"'),
    pciFolder: bus(["0x10de", "0x1eb8", "0x030200"]),
  });
  const python = (...lines: readonly string[]) => tool("python3", lines.join("\n"));

  test("says that there is no GPU, or that one is there without its driver", async () => {
    expect(await checkGpu({ ...none, python: "python3", pciFolder: bus() })).toMatchObject([
      { status: "failure", message: expect.stringContaining("no GPU found") },
    ]);
    expect(
      await checkGpu({ ...none, python: "python3", pciFolder: bus(["0x10de", "0x2335", "0x030200"]) }),
    ).toMatchObject([
      { status: "failure" },
      { status: "failure", message: expect.stringContaining("no tool lists it") },
    ]);
  });

  test("compares two runs", async () => {
    const same = python(`echo "${"a".repeat(64)} Tesla T4"`);
    expect(await checkGpu({ ...t4(), python: same })).toMatchObject([
      { status: "ok" },
      { check: "pytorch", status: "ok" },
    ]);
    const other = python('head -c 32 /dev/urandom | od -An -tx1 | tr -d " \\n"', 'echo " Tesla T4"');
    expect((await checkGpu({ ...t4(), python: other })).at(-1)).toMatchObject({
      status: "failure",
      message: expect.stringContaining("two runs gave"),
    });
  });

  test("says why containers are not given the GPU", async () => {
    const same = python(`echo "${"a".repeat(64)} Tesla T4"`);
    const containers = { docker: { socketPath: "/nowhere/docker.sock", runtime: "runc" }, image: null };
    expect((await checkGpu({ ...t4(), python: same, containers })).at(-1)).toMatchObject({
      check: "containers",
      status: "failure",
      message: expect.stringMatching(/no Docker answers at \/nowhere|root|Linux|x86-64/),
      fix: expect.stringContaining("container toolkit"),
    });
  });

  test("says what PyTorch lacks", async () => {
    const last = async (path: string) => (await checkGpu({ ...t4(), python: path })).at(-1);
    expect(await last("starling-no-such-python")).toMatchObject({ status: "failure", message: /there is no/ });
    const missing = python("echo \"ModuleNotFoundError: No module named 'torch'\" >&2", "exit 1");
    expect(await last(missing)).toMatchObject({ message: expect.stringContaining("No module named 'torch'") });
    expect(await last(python("echo nothing"))).toMatchObject({ message: expect.stringContaining("no digest") });
  });
});

test("a lookout tells what the tools list, and of a change alone that the record has to be another", async () => {
  const t4 = { vendor: "nvidia", model: "T4", vramBytes: 1, arch: "sm_75", driver: "1", uuid: "GPU-a" } as const;
  let well: readonly (typeof t4)[] = [t4];
  const changes: number[] = [];
  let told = 0;
  let enough = (): void => undefined;
  const looked = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const lookout = new GpuLookout(
    {
      probe: async () => ({ accelerators: well, places: new Map(), silent: [], reason: "" }),
      tell: async ({ seen }) => {
        expect(seen).toEqual(well);
        told += 1;
        if (told === 2) well = [];
        if (told === 4) enough();
      },
      well: () => well,
      onChange: (now) => changes.push(now.length),
    },
    2,
  );
  lookout.start();
  await looked;
  await lookout.stop();
  expect(changes).toEqual([0]);
});

test("the class gpu is one group: the same hardware, driver and toolkit", () => {
  const gpu = { vendor: "nvidia", model: "H200", arch: "sm_90", driver: "580.1" } as const;
  const group = { gpu, toolkit: "1.17", flags: { A: "1" }, machine: "0x1" };
  const others = [
    ...[{ vendor: "amd" as const }, { model: "H100" }, { arch: "sm_80" }, { driver: "1" }].map((change) => ({
      ...group,
      gpu: { ...gpu, ...change },
    })),
    ...[{ toolkit: "2" }, { flags: { A: "2" } }, { machine: "0x2" }].map((change) => ({ ...group, ...change })),
  ];
  const digests = [group, ...others].map(gpuCalibration);
  expect(new Set(digests).size).toBe(8);
  // Neither which of them it is nor how the driver names it, in which machines of one group differ.
  expect(gpuCalibration({ ...group, gpu: { ...gpu, uuid: "GPU-a" } as typeof gpu })).toBe(digests[0]);
  const one = (uuid: string, arch: string) =>
    ({ vendor: "nvidia", model: "", vramBytes: 1, arch, driver: "1", uuid }) as const;
  expect(largestGroup([one("a", "sm_80"), one("b", "sm_90"), one("c", "sm_90")]).map(({ uuid }) => uuid)).toEqual([
    "b",
    "c",
  ]);
  expect(largestGroup([])).toEqual([]);
});
