// Checks of this machine: runtime, folder, executors, hardware.
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LockedError, lockDirectory, signingBackend } from "@starling/node-kit";
import { formatSize, protocolVersion, protocolVersionMin, type RuntimeClass } from "@starling/protocol";
import type { WorkerSettings } from "../../config.ts";
import { dockerChoice, type ProbedExecutor, probeExecutors, problemOf } from "../executor-table.ts";
import { toolkitVersionMin } from "../gpu/toolkit.ts";
import { containerGpus } from "../machine.ts";
import { probeGpus } from "../probe/gpus.ts";
import { probeMachine } from "../probe/machine.ts";
import { type Finding, failure, ok, warning, wordsOf } from "./finding.ts";

const NODE_MAJOR_MIN = 24;
const FREE_BYTES_WANTED = 2 * 1024 ** 3;
const SLOT_BYTES_WANTED = 256 * 1024 ** 2;
const AS_ROOT = "start the worker as root, such as with sudo or in a systemd unit without User=";
const EXECUTOR_FIX: Readonly<Partial<Record<RuntimeClass, string>>> = {
  wasm: "see the reason; the sandbox needs to start child processes and about 100 MB of memory for each slot",
  "cpu-root": "apt-get install bubblewrap, and run the worker as root on Linux; or leave out --allow-rootfs",
  cpu: "apt-get install bubblewrap, and run the worker as root on Linux; or leave out --allow-process",
  "cpu-image":
    "apt-get install docker.io, start it (systemctl start docker, or dockerd by hand), and run the worker as root on Linux; name another socket with --docker-socket; or leave out --allow-images",
  gpu: `install the NVIDIA container toolkit, ${toolkitVersionMin} or newer, and restart Docker, or see docs/gpus.md; starling worker check-gpu tries it for real`,
};

/** Node and the signer. */
export function checkRuntime(): readonly Finding[] {
  const major = Number(process.versions.node.split(".")[0]);
  const runtime =
    major >= NODE_MAJOR_MIN
      ? ok("runtime", `Node ${process.versions.node}`)
      : failure("runtime", `Node ${process.versions.node} is too old`, `install Node ${NODE_MAJOR_MIN} or newer`);
  const signer =
    signingBackend() === "native"
      ? ok("signatures", "native")
      : warning(
          "signatures",
          "pure JavaScript: ten times slower than native",
          "install the package secp256k1 with its prebuilt binary for this platform",
        );
  const versions = ok("versions", `protocol ${protocolVersion}, which works with ${protocolVersionMin} and newer`);
  return [runtime, versions, signer];
}

/** Whom the worker runs as: what can be contained depends on it. */
export function checkUser(
  { allowProcess, allowRootfs, allowImages }: Pick<WorkerSettings, "allowProcess" | "allowRootfs" | "allowImages">,
  uid = process.getuid?.(),
): Finding {
  if (uid === 0)
    return ok("user", "root: tasks run as users of their own, wasm in a child process without permissions");
  const found = `not root${uid === undefined ? "" : ` (user ${uid})`}: class wasm works, in a child process without permissions`;
  const named = [allowProcess && "--allow-process", allowRootfs && "--allow-rootfs", allowImages && "--allow-images"];
  const wanted = named.filter((one) => one !== false);
  if (wanted.length === 0) return ok("user", `${found}; processes and containers would need root`);
  return failure("user", `${found}; processes and containers do not`, `${AS_ROOT}, or leave out ${wanted.join(", ")}`);
}

/** The folder: writable, free, with room. */
export async function checkDataDirectory(dataDir: string): Promise<readonly Finding[]> {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK);
    return [await lockFinding(dataDir), checkDisk(dataDir)];
  } catch (error) {
    return [failure("data directory", wordsOf(error), `make ${dataDir} writable, or give another --data-dir`)];
  }
}

/** Room for inputs and outputs. */
export function checkDisk(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  return free >= FREE_BYTES_WANTED
    ? ok("disk", `${formatSize(free)} free`)
    : warning("disk", `only ${formatSize(free)} free`, "free some space: inputs and outputs of tasks need it");
}

/** Memory for so many tasks at once: a sandbox takes a part before its program has any. */
export function checkMemory({ slots }: Pick<WorkerSettings, "slots">, available = availableMemory()): Finding {
  const wanted = slots * SLOT_BYTES_WANTED;
  const found = `${formatSize(available)} available for ${slots} ${slots === 1 ? "task" : "tasks"} at once`;
  if (available >= wanted) return ok("memory", found);
  const fit = Math.max(1, Math.floor(available / SLOT_BYTES_WANTED));
  return warning("memory", `only ${found}`, `free some, or start with --slots ${fit}`);
}

async function lockFinding(dataDir: string): Promise<Finding> {
  try {
    const lock = await lockDirectory(dataDir);
    await lock.release();
    return ok("data directory", dataDir);
  } catch (error) {
    if (error instanceof LockedError)
      return warning("data directory", error.message, "nothing, if that is this worker at work");
    throw error;
  }
}

/** Every executor's own probe. */
export async function checkExecutors(
  settings: Pick<
    WorkerSettings,
    | "allowProcess"
    | "allowRootfs"
    | "rootfsBytes"
    | "allowImages"
    | "dockerSocket"
    | "dockerRuntime"
    | "nvidiaSmi"
    | "rocmSmi"
  >,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  // Not the worker's own folder: it may be at work in it.
  const folder = mkdtempSync(join(tmpdir(), "starling-doctor-"));
  const areas = { processArea: join(folder, "process"), imageArea: join(folder, "images") };
  const { allowProcess, allowRootfs, rootfsBytes } = settings;
  const roots = { area: join(folder, "rooted"), folder: join(folder, "roots"), bytesMax: rootfsBytes };
  const docker = dockerChoice(settings);
  const gpus = docker === null ? null : containerGpus(await probeGpus({ ...settings, signal }), settings);
  const all = await probeExecutors(
    { slots: 1, allowProcess, roots: { ...roots, isAllowed: allowRootfs }, docker, gpus, ...areas },
    signal,
  );
  // It has the executor of the other, so one line tells of both.
  const probed = all.filter(({ name }) => name !== "gpu-tolerant");
  try {
    const others = [
      ...(allowProcess ? [] : [processesNotAllowed]),
      ...(allowRootfs ? [] : [rootsNotAllowed]),
      ...(docker === null ? [imagesNotAllowed] : []),
    ];
    return [...probed.map(findingOf), ...others];
  } finally {
    for (const { executor } of probed) await executor.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const processesNotAllowed = ok("class cpu", "not allowed: --allow-process lets programs run as processes");
const rootsNotAllowed = ok(
  "class cpu-root",
  "not allowed: --allow-rootfs lets programs run as processes in root file systems that their jobs bring",
);
const imagesNotAllowed = ok("class cpu-image", "not allowed: --allow-images lets container images run on Docker");

function findingOf({ name, result }: ProbedExecutor): Finding {
  const problem = problemOf(result);
  if (problem !== null && needsRoot(name)) return failure(`class ${name}`, problem, AS_ROOT);
  if (problem !== null || !result.works)
    // A GPU is not the owner's word that it is to be lent.
    return (name === "gpu" ? warning : failure)(
      `class ${name}`,
      problem ?? "it does not work",
      EXECUTOR_FIX[name] ?? "see the reason",
    );
  const { engine } = result;
  return ok(`class ${name}`, `${engine}, isolation ${result.isolation}, probed in ${Math.round(result.wallMs)} ms`);
}

// Nothing else mends it then.
function needsRoot(name: RuntimeClass): boolean {
  return name !== "wasm" && process.platform === "linux" && process.getuid?.() !== 0;
}

/** What would be advertised. */
export async function checkMachine({ dataDir }: Pick<WorkerSettings, "dataDir">): Promise<readonly Finding[]> {
  const { arch, cpuCores, cpuModel, memoryBytes } = await probeMachine(dataDir, []);
  return [ok("machine", `${cpuCores} cores (${cpuModel}, ${arch}), ${formatSize(memoryBytes)} memory`)];
}

// What the kernel could give without swapping; Node knows it as well as anybody.
function availableMemory(): number {
  return process.availableMemory();
}
