// What Docker is asked for when a task is run: everything that a container may have is named here, and nothing else is there.
import type { ContainerOptions } from "@starling/node-kit";
import type { TaskRun } from "../executor.ts";
import { PROGRAM_PATH } from "../process/program-form.ts";
import type { TaskFolders } from "./area.ts";
import { type GpuParts, isReserved, withoutLoader } from "./gpu/ways.ts";
import type { ReachParts } from "./hosts/reach.ts";
import type { Image } from "./image.ts";
import { seccompProfile } from "./seccomp-profile.ts";

/** Under /tmp and under /dev/shm, each; it counts in the task's memory. */
const SCRATCH_BYTES = 16 * 1024 * 1024;
const SCRATCH_FILES = 4_096;
/** Processes and threads of a task, with the first one, which is Docker's. */
const PROCESSES_MAX = 64;
/** The sandbox of gVisor is a program of many threads, and they count as the task's. */
const PROCESSES_MAX_GVISOR = 1_024;
/** One core, as tasks of one thread need it. */
const NANO_CPUS = 1e9;
/** Docker refuses less. */
const MEMORY_BYTES_MIN = 6 * 1024 * 1024;
const PAGE_BYTES = 4_096;

/** Programs of one thread, with sets in one order: what can differ between runs on one machine would look like a lie. An image may say otherwise. */
const ownEnvironment: Readonly<Record<string, string>> = {
  PATH: PROGRAM_PATH,
  HOME: "/tmp",
  OMP_NUM_THREADS: "1",
  PYTHONHASHSEED: "0",
};

/** Docker's own list, and the machine's hardware. */
const MASKED = [
  ...["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list"],
  ...["/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/proc/interrupts"],
];
/** Docker's own list for programs that can't do without the hardware. */
const MASKED_SYS = ["/sys/firmware", "/sys/devices/virtual/powercap"];

/** Parts of a container. */
export interface ContainerPlan {
  readonly task: TaskRun;
  readonly image: Image;
  /** By which Docker knows it. */
  readonly imageName: string;
  readonly folders: TaskFolders;
  readonly uid: number;
  readonly runtime: string;
  /** `name=value`, by which an earlier life's containers are found. */
  readonly label: string;
  /** Where its control group is made; left to Docker where systemd makes the groups. */
  readonly groupParent: string | null;
  /** Its GPUs; null for none. */
  readonly gpu: GpuParts | null;
  /** Its way to hosts; null for none. */
  readonly reach: ReachParts | null;
}

/** Room under /out: a page more than the limit, so that a full folder is one that was not enough. */
export function outputRoom({ outputBytes }: TaskRun["limits"]): number {
  return Math.ceil(outputBytes / PAGE_BYTES) * PAGE_BYTES + PAGE_BYTES;
}

/** Memory of a container: files under /out lie in it, and are not what the task means by its memory. */
export function memoryOf({ limits }: Pick<TaskRun, "limits">): number {
  return Math.max(limits.memoryBytes, MEMORY_BYTES_MIN) + outputRoom(limits);
}

/** The words for Docker's API. */
export function containerOptions(plan: ContainerPlan): ContainerOptions {
  const { task, image, folders, uid, label, gpu, reach } = plan;
  const [labelName = "", labelValue = ""] = label.split("=");
  const wanted = { ...ownEnvironment, ...gpu?.env, ...image.env, ...task.env, ...reach?.env };
  const env = Object.entries(gpu === null ? wanted : withoutLoader(wanted));
  const entry = [...(reach?.entry ?? []), ...image.entrypoint];
  return {
    Image: plan.imageName,
    ...(entry.length === 0 ? {} : { Entrypoint: entry }),
    Cmd: [...(task.args.length === 0 ? image.command : task.args)],
    Env: env.filter(([name]) => !isReserved(name)).map(([name, value]) => `${name}=${value}`),
    WorkingDir: image.directory,
    // By numbers: names would be looked up in the image.
    User: `${uid}:${uid}`,
    Hostname: "task",
    Labels: { [labelName]: labelValue },
    Tty: false,
    NetworkDisabled: true,
    HostConfig: {
      ...hostLimits(plan),
      Runtime: plan.runtime,
      Binds: [
        `${folders.inputs}:/in:ro`,
        `${folders.output}:/out:rw`,
        // gVisor mounts no pipes of the host: no progress is heard from there.
        ...(isGvisor(plan.runtime) ? [] : [`${folders.progress}:/progress:rw`]),
        ...(reach === null ? [] : [reach.bind]),
      ],
      NetworkMode: "none",
      // Else Docker copies the host's, with the names of its owner's network.
      Dns: ["127.0.0.1"],
      DnsSearch: ["."],
      IpcMode: "private",
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges", `seccomp=${seccompProfile({ reachesHosts: reach !== null })}`],
      ReadonlyRootfs: true,
      MaskedPaths: [...MASKED, ...(gpu?.seesSys === true ? MASKED_SYS : ["/sys"])],
      ...gpu?.hostConfig,
      // A first process that passes signals on and buries the dead; the task's own would be deaf as the first.
      Init: true,
      // Docker would write what a task says to the owner's disk, without end.
      LogConfig: { Type: "none", Config: {} },
      RestartPolicy: { Name: "no" },
    },
  };
}

function hostLimits({ task, runtime, groupParent }: ContainerPlan): ContainerOptions["HostConfig"] {
  const memory = memoryOf(task);
  const fileBytes = Math.max(outputRoom(task.limits), SCRATCH_BYTES);
  return {
    Memory: memory,
    MemorySwap: memory,
    NanoCpus: NANO_CPUS,
    PidsLimit: isGvisor(runtime) ? PROCESSES_MAX_GVISOR : PROCESSES_MAX,
    ShmSize: SCRATCH_BYTES,
    Tmpfs: { "/tmp": `rw,exec,nosuid,nodev,size=${SCRATCH_BYTES},nr_inodes=${SCRATCH_FILES},mode=1777` },
    Ulimits: [
      { Name: "core", Soft: 0, Hard: 0 },
      { Name: "nofile", Soft: 256, Hard: 256 },
      { Name: "fsize", Soft: fileBytes, Hard: fileBytes },
    ],
    ...(groupParent === null ? {} : { CgroupParent: groupParent }),
  };
}

/** Whether containers run on a kernel of their own. */
export function isGvisor(runtime: string): boolean {
  return runtime.startsWith("runsc");
}
