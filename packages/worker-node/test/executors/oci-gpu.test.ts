// Containers with GPUs over a real Docker, with made-up GPUs: what a program sees is its own attempt's devices, and none where it has none.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDocker } from "@starling/node-kit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Executor, RunOutcome, TaskRun } from "../../src/shell/executors/executor.ts";
import { ContainerGpus, createOciExecutors } from "../../src/shell/executors/index.ts";
import type { LocalGpu } from "../../src/shell/executors/oci/gpu/ways.ts";
import { checkContainers } from "../../src/shell/gpu/check-containers.ts";
import { askUse } from "../../src/shell/gpu/usage.ts";
import { type Dockerd, describeContainers, startDockerd } from "./dockerd.ts";
import {
  amdFolders,
  amdGpus,
  cdiSpecification,
  nvidiaGpus,
  standInFolder,
  standInTool,
  toolkit,
} from "./gpu-stand-ins.ts";
import { shellImage } from "./oci-images.ts";
import { task, unhurried } from "./support.ts";

interface Opened {
  readonly images: Executor;
  readonly gpu: Executor;
  readonly gpus: ContainerGpus;
}

/** CDI came with Docker 25. */
const CDI_SINCE = 25;

const LOOKS =
  "cd /dev; for node in nvidia* dri/* kfd; do (echo > $node) 2>/dev/null && echo $node; done; echo $MADE_UP_GPU; sleep 1";

describeContainers("containers with GPUs", () => {
  const folder = standInFolder();
  let docker: Dockerd;
  let knowsCdi = false;
  const areas: string[] = [];
  const closes: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    // The worker asks it which version it is.
    vi.stubEnv("PATH", `${folder.path}:${process.env.PATH}`);
    docker = await startDockerd({ programs: toolkit(folder.path) });
    const { version } = await (await openDocker(docker.socketPath)).info(unhurried().signal);
    knowsCdi = Number.parseInt(version, 10) >= CDI_SINCE;
  });
  afterAll(async () => {
    for (const close of closes) await close();
    await docker.stop();
    vi.unstubAllEnvs();
    for (const area of areas) rmSync(area, { recursive: true, force: true });
    folder.remove();
  });

  function open(socketPath: string, gpus: ContainerGpus): Opened {
    const area = mkdtempSync(join(tmpdir(), "oci-gpu-area-"));
    const { images, gpu } = createOciExecutors({ slots: 2, area, socketPath, runtime: "runc" }, gpus);
    if (gpu === null) throw new Error("it has no executor for GPUs");
    areas.push(area);
    closes.push(images.close);
    return { images, gpu, gpus };
  }

  const look = (executor: Executor, devices: readonly LocalGpu[], overrides: Partial<TaskRun> = {}) =>
    executor.run(task(shellImage(LOOKS), { devices: devices.map(({ gpu }) => gpu.uuid), ...overrides }), unhurried());
  const seen = (outcome: RunOutcome): readonly string[] => {
    if (outcome.kind !== "completed") throw new Error(JSON.stringify(outcome));
    return outcome.log.split("\n").filter((line) => line !== "");
  };

  const engineOf = async ({ gpu }: Opened): Promise<string> => {
    const probed = await gpu.probe(unhurried());
    return probed.works ? probed.engine : probed.reason;
  };

  describe("by device requests", () => {
    let opened: Opened;
    beforeAll(async () => {
      const lines = nvidiaGpus.map(({ gpu }, i) => `echo ${gpu.uuid}, ${50 + 10 * i}, ${1_024 * (i + 1)}`).join("; ");
      const nvidiaSmi = standInTool(folder.path, "nvidia-smi", lines);
      const ask = askUse("nvidia", { nvidiaSmi, rocmSmi: "no-such-tool" });
      opened = open(docker.socketPath, new ContainerGpus(nvidiaGpus, { ask }));
      expect(await engineOf(opened)).toContain("2 x Made-up GPU (sm_90, driver 580.1) by requests, toolkit");
    });

    test("two tasks at once have a GPU each, and it is free for the next one", async () => {
      const [a, b] = nvidiaGpus;
      if (a === undefined || b === undefined) throw new Error("there are two");
      const both = await Promise.all([look(opened.gpu, [a]), look(opened.gpu, [b])]);
      expect(both.map(seen)).toEqual([
        ["nvidia-uvm", "nvidia0", "nvidiactl"],
        ["nvidia-uvm", "nvidia1", "nvidiactl"],
      ]);
      expect(seen(await look(opened.gpu, [a, b]))).toEqual(["nvidia-uvm", "nvidia0", "nvidia1", "nvidiactl"]);
      expect(seen(await look(opened.gpu, [a]))).toEqual(["nvidia-uvm", "nvidia0", "nvidiactl"]);
      // Each is measured by its own GPU's figures alone.
      expect(both).toMatchObject([
        { usage: { gpu: { busyPercent: 50, memoryBytes: 2 ** 30 } } },
        { usage: { gpu: { busyPercent: 60, memoryBytes: 2 ** 31 } } },
      ]);
    });

    test("whoever has none gets none, whatever he asks for in his environment", async () => {
      const env = { NVIDIA_VISIBLE_DEVICES: "all", NVIDIA_DRIVER_CAPABILITIES: "all" };
      expect(seen(await look(opened.images, nvidiaGpus, { env }))).toEqual([]);
      const [a] = nvidiaGpus;
      if (a === undefined) throw new Error("there is one");
      expect(seen(await look(opened.gpu, [a], { env }))).toContain("nvidia0");
      expect(seen(await look(opened.gpu, [a], { env }))).not.toContain("nvidia1");
      expect(await look(opened.gpu, [])).toMatchObject({ kind: "infrastructure" });
      const foreign = { ...a, gpu: { ...a.gpu, uuid: "all" } };
      expect(await look(opened.gpu, [foreign])).toMatchObject({ kind: "infrastructure" });
    });
  });

  test("check-gpu runs an image on one twice and compares what it printed", async () => {
    const checked = async (script: string) => {
      const image = join(folder.path, "image.tar");
      writeFileSync(image, shellImage(script));
      const choice = { socketPath: docker.socketPath, runtime: "runc" };
      const parts = { docker: choice, image, signal: unhurried().signal };
      return await checkContainers(new ContainerGpus(nvidiaGpus), parts);
    };
    const given = { check: "containers", status: "ok", message: expect.stringContaining("by requests") };
    const line = "a".repeat(64);
    // A program that has no GPU prints nothing here.
    expect(await checked(`[ "$2" = -c ] && [ -c /dev/nvidia0 ] && echo ${line} Made-up GPU`)).toMatchObject([
      given,
      { check: "image", status: "ok", message: expect.stringContaining("aaaaaaaaaaaaaaaa") },
    ]);
    expect(await checked(`echo "$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n') Made-up"`)).toMatchObject([
      given,
      { status: "failure", message: expect.stringContaining("two runs in containers gave") },
    ]);
    expect(await checked("echo no torch; exit 1")).toMatchObject([
      given,
      { status: "failure", message: expect.stringContaining("no torch") },
    ]);
  });

  test("AMD's are given as device nodes, to members of the group that may open them", async () => {
    const [a, b] = amdGpus;
    if (a === undefined || b === undefined) throw new Error("there are two");
    const opened = open(docker.socketPath, new ContainerGpus(amdGpus, { folders: amdFolders(folder.path) }));
    expect(await engineOf(opened)).toContain("2 x Made-up GPU (gfx90a, driver 6.7) by nodes, toolkit device nodes");
    const both = await Promise.all([look(opened.gpu, [a]), look(opened.gpu, [b])]);
    expect(both.map(seen)).toEqual([
      ["dri/renderD128", "kfd"],
      ["dri/renderD129", "kfd"],
    ]);
    expect(seen(await look(opened.images, amdGpus))).toEqual([]);
  });

  // The hook is there too, so that the specification alone shows what this way does.
  describe("by CDI", () => {
    test.each([
      ["uuids", "cdi", (one: LocalGpu) => one.gpu.uuid],
      ["numbers", "cdiNumbers", (one: LocalGpu) => one.place],
    ])("with names that are %s, or this Docker is told not to know it", async (_name, way, nameOf) => {
      const own = standInFolder();
      const config = { features: { cdi: true }, "cdi-spec-dirs": [cdiSpecification(own.path, nameOf)] };
      const other = await startDockerd(knowsCdi ? { config } : {});
      onTestFinished(async () => {
        for (const close of closes.splice(0)) await close();
        await other.stop();
        own.remove();
      });
      const opened = open(other.socketPath, new ContainerGpus(nvidiaGpus));
      if (!knowsCdi) return expect(await engineOf(opened)).toMatch(/^requests: .*; cdi: .*; cdiNumbers: /s);
      expect(await engineOf(opened)).toContain(`by ${way}, toolkit`);
      const [a, b] = nvidiaGpus;
      if (a === undefined || b === undefined) throw new Error("there are two");
      const both = await Promise.all([look(opened.gpu, [a]), look(opened.gpu, [b])]);
      expect(both.map(seen)).toEqual([
        ["nvidia-uvm", "nvidia0", "nvidiactl", a.gpu.uuid],
        ["nvidia-uvm", "nvidia1", "nvidiactl", b.gpu.uuid],
      ]);
      expect(seen(await look(opened.images, nvidiaGpus))).toEqual([]);
    });
  });
});
