// How containers are given GPUs: what Docker is asked for in each way, and which way a played machine is found to have.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { RunOutcome } from "../../src/shell/executors/executor.ts";
import { type GpuRunner, gpuExecutor } from "../../src/shell/executors/oci/gpu/gpu-executor.ts";
import { ContainerGpus } from "../../src/shell/executors/oci/gpu/gpus.ts";
import { type GpuAccess, probeGpuAccess } from "../../src/shell/executors/oci/gpu/probe.ts";
import { type GpuWay, gpuParts, isReserved, type LocalGpu } from "../../src/shell/executors/oci/gpu/ways.ts";
import { containerOptions } from "../../src/shell/executors/oci/plan.ts";
import { toolkitProblem, toolkitVersionIn } from "../../src/shell/gpu/toolkit.ts";
import { amdGpus, nvidiaGpus, standInFolder, standInTool } from "../executors/gpu-stand-ins.ts";
import { task, unhurried } from "../executors/support.ts";

const [a, b] = nvidiaGpus;
if (a === undefined || b === undefined) throw new Error("there are two");
const uuids = nvidiaGpus.map(({ gpu }) => gpu.uuid);

const completed = (log: string): RunOutcome => ({
  kind: "completed",
  exitCode: 0,
  outputs: [],
  log,
  usage: { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, bytesIn: 1, bytesOut: 1, fuel: 0 },
});

/** A machine with both of AMD's GPUs, whose nodes are files. */
function folders(): { readonly pci: string; readonly dev: string } {
  const root = mkdtempSync(join(tmpdir(), "gpu-ways-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [pci, dev] = [join(root, "pci"), join(root, "dev")];
  mkdirSync(join(dev, "dri"), { recursive: true });
  writeFileSync(join(dev, "kfd"), "");
  for (const [i, { place }] of amdGpus.entries()) {
    for (const name of [`card${i}`, `renderD${128 + i}`]) mkdirSync(join(pci, place, "drm", name), { recursive: true });
    writeFileSync(join(dev, `dri/renderD${128 + i}`), "");
  }
  return { pci, dev };
}

describe("Docker is asked for", () => {
  test("a GPU of NVIDIA by its uuid, or by its name in a CDI specification", async () => {
    const asked = async (way: GpuWay) => (await gpuParts(way, nvidiaGpus)).hostConfig;
    expect(await asked("requests")).toEqual({
      DeviceRequests: [{ Driver: "nvidia", DeviceIDs: uuids, Capabilities: [["gpu", "compute", "utility"]] }],
    });
    expect(await asked("cdi")).toEqual({
      DeviceRequests: [{ Driver: "cdi", DeviceIDs: uuids.map((uuid) => `nvidia.com/gpu=${uuid}`) }],
    });
    expect(await asked("cdiNumbers")).toEqual({
      DeviceRequests: [{ Driver: "cdi", DeviceIDs: ["nvidia.com/gpu=0", "nvidia.com/gpu=1"] }],
    });
  });

  test("a GPU of AMD by its device nodes, and nothing of the others", async () => {
    const found = folders();
    const { hostConfig, seesSys } = await gpuParts("nodes", amdGpus.slice(1), found);
    expect(hostConfig.Devices?.map(({ PathInContainer }) => PathInContainer)).toEqual([
      "/dev/kfd",
      "/dev/dri/renderD129",
    ]);
    expect(hostConfig.Devices?.map(({ PathOnHost }) => PathOnHost)).toEqual([
      join(found.dev, "kfd"),
      join(found.dev, "dri/renderD129"),
    ]);
    // Files of the test are root's, whose group is not handed on.
    expect(hostConfig.GroupAdd).toEqual(process.getgid?.() === 0 ? [] : [String(process.getgid?.())]);
    expect(seesSys).toBe(true);
  });

  test.each([
    ["requests", { ...a, gpu: { ...a.gpu, uuid: "all" } }],
    ["requests", { ...a, gpu: { ...a.gpu, uuid: "GPU-1,GPU-2" } }],
    ["cdi", { ...a, gpu: { ...a.gpu, uuid: "all" } }],
    ["cdiNumbers", { ...a, place: "all" }],
    ["cdiNumbers", { ...a, place: "" }],
    ["nodes", { ...a, place: "../../etc" }],
    ["nodes", { ...a, place: "0000:7f:00.0" }],
  ] as const)("nothing by %s that is no GPU's name: %j", async (way, gpu: LocalGpu) => {
    await expect(gpuParts(way, [gpu], folders())).rejects.toThrow(/GPU/);
  });
});

describe("a container", () => {
  const image = { entrypoint: ["/a"], command: [], env: {}, directory: "/" };
  const plan = {
    task: task(new Uint8Array(), { env: { NVIDIA_VISIBLE_DEVICES: "all", CUBLAS_WORKSPACE_CONFIG: ":16:8" } }),
    image: {
      ...image,
      env: { NVIDIA_DRIVER_CAPABILITIES: "all", AMD_VISIBLE_DEVICES: "all", NVIDIA_TF32_OVERRIDE: "0" },
    },
    imageName: "starling-key:1",
    folders: { inputs: "/h/in", output: "/h/out", progress: "/h/progress" },
    uid: 1_900_000_001,
    runtime: "runc",
    label: "starling.worker=key",
    groupParent: null,
    reach: null,
  };
  const optionsOf = (gpu: Awaited<ReturnType<typeof gpuParts>> | null) =>
    containerOptions({ ...plan, gpu } as unknown as Parameters<typeof containerOptions>[0]);

  test("without a GPU has no device and nothing that asks a vendor's runtime for one", () => {
    const { Env, HostConfig } = optionsOf(null);
    expect(HostConfig).not.toHaveProperty("DeviceRequests");
    expect(HostConfig).not.toHaveProperty("Devices");
    expect(HostConfig?.MaskedPaths).toContain("/sys");
    expect(Env?.filter((one) => /^(NVIDIA|AMD)_/.test(one))).toEqual(["NVIDIA_TF32_OVERRIDE=0"]);
  });

  test("with one has it, the deterministic flags that it doesn't set otherwise, and still no capability", async () => {
    const { Env, HostConfig } = optionsOf(await gpuParts("requests", [a]));
    expect(HostConfig?.DeviceRequests?.[0]?.DeviceIDs).toEqual([a.gpu.uuid]);
    expect(HostConfig).toMatchObject({ CapDrop: ["ALL"], ReadonlyRootfs: true, NetworkMode: "none" });
    expect(HostConfig?.MaskedPaths).toContain("/sys");
    expect(Env).toEqual(expect.arrayContaining(["CUBLAS_WORKSPACE_CONFIG=:16:8", "CUDA_CACHE_DISABLE=1"]));
    const amd = optionsOf(await gpuParts("nodes", amdGpus.slice(0, 1), folders()));
    expect(amd.HostConfig?.MaskedPaths).not.toContain("/sys");
    expect(amd.HostConfig?.MaskedPaths).toContain("/sys/firmware");
  });

  // Hooks of NVIDIA's toolkit up to 1.17.7 are started with these, as root and outside of the container.
  test("with one has nothing by which the loader of a hook would take files of the image", async () => {
    const loader = {
      LD_PRELOAD: "/proc/self/cwd/poc.so",
      LD_AUDIT: "/proc/self/cwd/poc.so",
      GLIBC_TUNABLES: "glibc.rtld=1",
      LD_LIBRARY_PATH:
        "/usr/local/nvidia/lib64::/proc/self/cwd:lib:/usr/../proc/self/cwd;/opt/a/./b;/opt/conda/lib:/usr/$LIB:",
    };
    const parts = await gpuParts("requests", [a]);
    for (const owner of ["task", "image"] as const) {
      const asked = { ...plan, [owner]: { ...plan[owner], env: loader } };
      const loaded = (gpu: typeof parts | null) =>
        containerOptions({ ...asked, gpu } as unknown as Parameters<typeof containerOptions>[0]).Env?.filter((one) =>
          /^(LD_|GLIBC)/.test(one),
        );
      expect(loaded(parts)).toEqual(["LD_LIBRARY_PATH=/usr/local/nvidia/lib64:/opt/conda/lib"]);
      expect(loaded(null)).toHaveLength(4);
    }
  });

  test("may require a driver, and say how it computes", () => {
    expect(["NVIDIA_REQUIRE_CUDA", "NVIDIA_TF32_OVERRIDE", "CUDA_VISIBLE_DEVICES"].filter(isReserved)).toEqual([]);
  });
});

describe("the probe", () => {
  /** A machine that gives containers these nodes, by way and GPU. */
  async function probed(
    nodes: (way: GpuWay, gpus: readonly LocalGpu[]) => readonly string[] | null,
  ): Promise<GpuAccess> {
    return await probeGpuAccess(nvidiaGpus, async ({ args }, gpus, way) => {
      const given = nodes(way, gpus);
      if (given === null) return { kind: "infrastructure", message: `no driver for ${way}` };
      return completed(args.map((path) => (given.includes(path) ? "1" : "0")).join(""));
    });
  }

  const control = ["/dev/nvidiactl", "/dev/nvidia-uvm"];
  const own = (gpus: readonly LocalGpu[]) => gpus.map(({ place }) => `/dev/nvidia${place}`);

  test("takes the first way in which a program could open its GPU and no other", async () => {
    const works = (ways: readonly GpuWay[]) => (way: GpuWay, gpus: readonly LocalGpu[]) =>
      gpus.length === 0 ? [] : ways.includes(way) ? [...control, ...own(gpus)] : null;
    expect(await probed(works(["requests", "cdi"]))).toMatchObject({ ok: true, way: "requests", gpus: nvidiaGpus });
    expect(await probed(works(["cdiNumbers"]))).toMatchObject({ ok: true, way: "cdiNumbers" });
    expect(await probed(works([]))).toEqual({
      ok: false,
      reason: expect.stringMatching(/requests: .*no driver for requests; cdi: .*; cdiNumbers: .*/),
    });
  });

  test("leaves out a GPU that its program can't use", async () => {
    const found = await probed((_way, gpus) =>
      gpus[0] === b ? control : gpus.length === 0 ? [] : [...control, ...own(gpus)],
    );
    expect(found).toMatchObject({ ok: true, gpus: [a], problems: [expect.stringContaining("could open 0 GPUs")] });
  });

  test.each([
    ["every container has them", () => [...control, ...own(nvidiaGpus)], "given no GPU have"],
    [
      "a program gets all",
      (gpus: readonly LocalGpu[]) => (gpus.length === 0 ? [] : [...control, ...own(nvidiaGpus)]),
      "could open 2 GPUs",
    ],
    ["the driver's own nodes are missing", (gpus: readonly LocalGpu[]) => own(gpus), "could not open /dev/nvidiactl"],
  ])("finds no way where %s", async (_name, nodes, reason) => {
    expect(await probed((_way, gpus) => nodes(gpus))).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  test("finds no second GPU where both are the same device", async () => {
    const found = await probed((_way, gpus) => (gpus.length === 0 ? [] : [...control, "/dev/nvidia0"]));
    expect(found).toMatchObject({ ok: true, gpus: [a], problems: [expect.stringContaining("same device")] });
  });
});

test.each([
  ["NVIDIA Container Toolkit CLI version 1.17.8\ncommit: f202b80a9b9d0db00d9b1d73c0128c8962c55f4d\n", "1.17.8"],
  ["NVIDIA Container Runtime Hook version 1.14.0-rc.2\ncommit: abc\n", "1.14.0-rc.2"],
  ["cli-version: 1.14.3\nlib-version: 1.14.3\nbuild date: 2023-10-19T11:32+00:00\n", "1.14.3"],
  ["nothing of it", null],
])("the toolkit's version is read from %j", (output, version) => {
  expect(toolkitVersionIn(output)).toBe(version);
});

test.each(["1.17.8", "1.17.10", "1.18.0-rc.1", "1.17.8-1", "2.0"])(
  "a toolkit %s may be given strangers' images",
  (version) => {
    expect(toolkitProblem(version)).toBeNull();
  },
);

test.each(["1.17.7", "1.17", "1.9.9", "0.20.0", "1.17.8-rc.1", "1.17.8~rc.1", "unknown", ""])(
  "and %j may not",
  (version) => {
    expect(toolkitProblem(version)).toContain("CVE-2025-23266");
  },
);

test("a worker whose toolkit is too old, or tells no version, offers no GPU by it", async () => {
  const folder = standInFolder();
  const nodes = ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia0"];
  const runner: GpuRunner = {
    run: async ({ args }, _options, gpu) =>
      completed(args.map((path) => (gpu !== null && nodes.includes(path) ? "1" : "0")).join("")),
    probe: async () => ({ works: true, calibration: `0x${"1".repeat(64)}`, engine: "a", isolation: "b", wallMs: 1 }),
    close: async () => undefined,
  };
  const probed = async (version: string) => {
    standInTool(folder.path, "nvidia-ctk", `echo "${version}"`);
    return await gpuExecutor(runner, new ContainerGpus([a])).probe(unhurried());
  };
  vi.stubEnv("PATH", folder.path);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    folder.remove();
  });
  expect(await probed("NVIDIA Container Toolkit CLI version 1.17.8")).toMatchObject({
    works: true,
    engine: expect.stringContaining("by requests, toolkit 1.17.8"),
  });
  for (const version of ["NVIDIA Container Toolkit CLI version 1.17.7", "no number"])
    expect(await probed(version)).toEqual({ works: false, reason: expect.stringContaining("1.17.8 or newer") });
});
