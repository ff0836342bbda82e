// Shows in which way containers are given GPUs here, by giving each GPU to one and looking at which device nodes its program could open.
import type { RunOutcome, TaskRun } from "../../executor.ts";
import { gpuProbeImage } from "./probe-program.ts";
import { type GpuWay, type LocalGpu, waysOf } from "./ways.ts";

const PROBE_TIMEOUT_MS = 60_000;
const MEBIBYTE = 1024 * 1024;
/** More than a machine has. */
const NUMBERS = [...Array(32).keys()];

/** Nodes that a program of a vendor's GPU needs besides the GPU's own. */
const shared: Readonly<Record<"nvidia" | "amd", readonly string[]>> = {
  nvidia: ["/dev/nvidiactl", "/dev/nvidia-uvm"],
  amd: ["/dev/kfd"],
};

/** What each GPU has a node of. */
const own: Readonly<Record<"nvidia" | "amd", readonly string[]>> = {
  nvidia: NUMBERS.map((number) => `/dev/nvidia${number}`),
  amd: NUMBERS.map((number) => `/dev/dri/renderD${128 + number}`),
};

/** GPUs that a container was given and its program could use, with the way that worked; else why not. */
export type GpuAccess =
  | {
      readonly ok: true;
      readonly way: GpuWay;
      readonly gpus: readonly LocalGpu[];
      readonly problems: readonly string[];
    }
  | { readonly ok: false; readonly reason: string };

/** Runs a task of the probe with some GPUs, given in a way. */
type RunWithGpus = (task: TaskRun, gpus: readonly LocalGpu[], way: GpuWay) => Promise<RunOutcome>;

/** Tries every way that there is for GPUs of one vendor, and takes the first in which at least one GPU could be used. */
export async function probeGpuAccess(gpus: readonly LocalGpu[], run: RunWithGpus): Promise<GpuAccess> {
  const vendor = gpus[0]?.gpu.vendor ?? "intel";
  if (vendor === "intel") return { ok: false, reason: "there is no GPU that containers can be given" };
  const asked = [...shared[vendor], ...own[vendor]];
  const reasons: string[] = [];
  for (const way of waysOf(vendor)) {
    // What every container has would be nobody's own.
    const without = await run(probeTask(asked), [], way);
    const unasked = without.kind === "completed" ? openedOf(asked, without.log) : [];
    if (unasked.length > 0)
      return { ok: false, reason: `containers that were given no GPU have ${unasked.join(" and ")}` };
    const access = await probeWay({ way, vendor, asked }, gpus, run);
    if (access.ok) return access;
    reasons.push(`${way}: ${access.reason}`);
  }
  return { ok: false, reason: reasons.join("; ") };
}

interface Tried {
  readonly way: GpuWay;
  readonly vendor: "nvidia" | "amd";
  readonly asked: readonly string[];
}

async function probeWay(tried: Tried, gpus: readonly LocalGpu[], run: RunWithGpus): Promise<GpuAccess> {
  const { way, vendor, asked } = tried;
  const works: LocalGpu[] = [];
  const problems: string[] = [];
  const taken = new Set<string>();
  for (const one of gpus) {
    const outcome = await run(probeTask(asked), [one], way);
    const opened = outcome.kind === "completed" ? openedOf(asked, outcome.log) : [];
    const problem = outcome.kind === "completed" ? problemOf(vendor, opened, taken) : shortened(outcome.message);
    if (problem === null) works.push(one);
    else problems.push(`${one.gpu.uuid} ${problem}`);
    for (const path of opened) if (own[vendor].includes(path)) taken.add(path);
  }
  return works.length === 0 ? { ok: false, reason: problems.join("; ") } : { ok: true, way, gpus: works, problems };
}

/** The paths that the program could open, by its characters for each. */
function openedOf(asked: readonly string[], log: string): readonly string[] {
  return asked.filter((_, i) => log[i] === "1");
}

/** Docker's errors repeat those of everything below it. */
const REASON_LENGTH_MAX = 300;

function shortened(message: string): string {
  return message.length <= REASON_LENGTH_MAX ? message : `... ${message.slice(-REASON_LENGTH_MAX)}`;
}

function problemOf(vendor: "nvidia" | "amd", opened: readonly string[], taken: ReadonlySet<string>): string | null {
  const missing = shared[vendor].filter((path) => !opened.includes(path));
  if (missing.length > 0) return `can't be used: its program could not open ${missing.join(" and ")}`;
  const gpus = opened.filter((path) => own[vendor].includes(path));
  if (gpus.length !== 1) return `is not given alone: its program could open ${gpus.length} GPUs`;
  return gpus.some((path) => taken.has(path)) ? "is given as the same device as another one" : null;
}

function probeTask(args: readonly string[]): TaskRun {
  const program = gpuProbeImage();
  return {
    leaseId: "gpu-probe",
    payer: "",
    program,
    programDigest: "gpu-probe",
    args,
    env: {},
    inputs: [],
    outputs: [],
    limits: {
      timeoutMs: PROBE_TIMEOUT_MS,
      memoryBytes: 32 * MEBIBYTE,
      outputBytes: 65_536,
      outputFiles: 1,
      logBytes: 16_384,
    },
  };
}
