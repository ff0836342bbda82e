// The ways in which a container is given GPUs, and what Docker is asked for in each: the attempt's own devices by name, and no others.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerOptions } from "@starling/node-kit";
import type { Accelerator } from "@starling/protocol";
import type { ResourceUsage, RunOutcome } from "../../executor.ts";

/** A GPU of this machine. */
export interface LocalGpu {
  readonly gpu: Accelerator;
  /** By what else it is known here: NVIDIA's by its number among them, AMD's by its address on the bus. */
  readonly place: string;
}

/**
 * - `requests`: device requests, which Docker hands to NVIDIA's container toolkit
 * - `cdi`: devices of a CDI specification, named by uuid, and `cdiNumbers` named by number; Docker 25 and later
 * - `nodes`: device nodes with the groups that may open them
 */
export type GpuWay = "requests" | "cdi" | "cdiNumbers" | "nodes";

/** A device node of this machine in a container, in the words of Docker's API. */
interface DeviceNode {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

/** What is added to a container. */
export interface GpuParts {
  readonly hostConfig: Pick<NonNullable<ContainerOptions["HostConfig"]>, "DeviceRequests" | "GroupAdd"> & {
    readonly Devices?: readonly DeviceNode[];
  };
  /** Whether its programs find their GPUs under /sys, which other containers don't see. */
  readonly seesSys: boolean;
  /** Defaults, which an image or a task may set otherwise. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts to measure them; what it returns stops that, and tells what was seen. */
  readonly watch?: () => () => Promise<ResourceUsage["gpu"] | null>;
}

/** Where Linux shows devices. */
export interface DeviceFolders {
  readonly pci: string;
  readonly dev: string;
}

export const deviceFolders: DeviceFolders = { pci: "/sys/bus/pci/devices", dev: "/dev" };

/** The ways that may work for a vendor's GPUs, the most usual first. */
export function waysOf(vendor: Accelerator["vendor"]): readonly GpuWay[] {
  switch (vendor) {
    case "nvidia":
      return ["requests", "cdi", "cdiNumbers"];
    case "amd":
      return ["nodes"];
    // Nothing lists them.
    case "intel":
      return [];
  }
}

/**
 * Programs that ask for the same every time: of CUDA the room in which matrix products add up in one order, no code compiled once and kept,
 * and numbers of GPUs that follow the bus. What else a library needs for that is the program's to say.
 */
export const deterministicFlags: Readonly<Record<string, string>> = {
  CUBLAS_WORKSPACE_CONFIG: ":4096:8",
  CUDA_CACHE_DISABLE: "1",
  CUDA_DEVICE_ORDER: "PCI_BUS_ID",
  TF_DETERMINISTIC_OPS: "1",
};

/** What gives a container these GPUs; rejects where they can't be named in that way. */
export async function gpuParts(way: GpuWay, gpus: readonly LocalGpu[], folders = deviceFolders): Promise<GpuParts> {
  const env = deterministicFlags;
  // ROCm finds its GPUs in the kernel's tree of devices, CUDA by the nodes alone.
  if (way === "nodes") return { hostConfig: await nodesOf(gpus, folders), seesSys: true, env };
  const cdi = (names: readonly string[]): GpuParts => ({
    hostConfig: { DeviceRequests: [{ Driver: "cdi", DeviceIDs: names.map((name) => `nvidia.com/gpu=${name}`) }] },
    seesSys: false,
    env,
  });
  const uuids = gpus.map(({ gpu }) => checked(gpu.uuid, /^GPU-[0-9a-f-]+$/i));
  if (way === "cdi") return cdi(uuids);
  if (way === "cdiNumbers") return cdi(gpus.map(({ place }) => checked(place, /^\d{1,3}$/)));
  const request = { Driver: "nvidia", DeviceIDs: uuids, Capabilities: [["gpu", "compute", "utility"]] };
  return { hostConfig: { DeviceRequests: [request] }, seesSys: false, env };
}

// A name such as "all" would give it every GPU.
function checked(name: string, form: RegExp): string {
  if (!form.test(name)) throw new Error(`"${name}" is no GPU that a container can be given`);
  return name;
}

async function nodesOf(gpus: readonly LocalGpu[], { pci, dev }: DeviceFolders): Promise<GpuParts["hostConfig"]> {
  const found = gpus.map(async ({ place }) => {
    const address = checked(place, /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/);
    const names = await readdir(join(pci, address, "drm")).catch((): string[] => []);
    const render = names.find((name) => /^renderD\d+$/.test(name));
    if (render === undefined) throw new Error(`the GPU at ${address} has no device node for computing`);
    return `dri/${render}`;
  });
  const nodes = ["kfd", ...(await Promise.all(found))];
  const owners = await Promise.all(nodes.map(async (name) => (await stat(join(dev, name))).gid));
  return {
    Devices: nodes.map((name) => ({
      PathOnHost: join(dev, name),
      PathInContainer: `/dev/${name}`,
      CgroupPermissions: "rw",
    })),
    // By numbers, as the user: names would be looked up in the image. Of root's group it would be given more than a device.
    GroupAdd: [...new Set(owners)].filter((gid) => gid !== 0).map(String),
  };
}

/** The outcome with what was seen of its GPUs, where anything was. */
export function withGpuUse(outcome: RunOutcome, seen: ResourceUsage["gpu"] | null): RunOutcome {
  if (outcome.kind === "infrastructure" || seen === undefined || seen === null) return outcome;
  return { ...outcome, usage: { ...outcome.usage, gpu: seen } };
}

/** Folders of the machine's own programs: whatever is there is the owner's, also for who looks from outside of a container. */
const OWNED_FOLDER = /^\/(usr|opt)(\/(?!\.{1,2}(\/|$))[\w.+-]+)*\/?$/;

/**
 * Without the variables by which the loader would take files of the image: a vendor's hooks are started outside of the container, as root, and old
 * ones with its environment (CVE-2025-23266). Images for GPUs name folders for libraries; those stay that can't lead hooks into the image.
 */
export function withoutLoader(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const rest = Object.entries(env).filter(([name]) => !name.startsWith("LD_") && name !== "GLIBC_TUNABLES");
  const folders = (env.LD_LIBRARY_PATH ?? "").split(/[:;]/).filter((folder) => OWNED_FOLDER.test(folder));
  return { ...Object.fromEntries(rest), ...(folders.length === 0 ? {} : { LD_LIBRARY_PATH: folders.join(":") }) };
}

/** Variables by which an image could ask the vendors' own runtimes for devices; programs read the two that are left. */
export function isReserved(name: string): boolean {
  if (name === "AMD_VISIBLE_DEVICES") return true;
  return name.startsWith("NVIDIA_") && name !== "NVIDIA_TF32_OVERRIDE" && !name.startsWith("NVIDIA_REQUIRE_");
}
