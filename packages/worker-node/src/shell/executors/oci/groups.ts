// What containers have used, by the kernel's own count: each runs below a control group of its task, which outlives it.
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { GroupUsage } from "../process/cgroup/group.ts";

/** Group of all containers of one worker, below the mounts of the control groups. */
export class ContainerGroups {
  readonly #mounts: readonly string[];
  readonly #name: string;

  /** `mounts` are the mount points of all hierarchies; Docker makes a group in each of them. */
  constructor(mounts: readonly string[], key: string) {
    this.#mounts = mounts;
    this.#name = `starling-oci-${key}`;
  }

  /** Folders of the group that holds the tasks' groups. */
  folders(): readonly string[] {
    return this.#mounts.map((mount) => join(mount, this.#name));
  }

  /** What Docker is told to make a container's group below. */
  parentOf(task: string): string {
    return `/${this.#name}/${task}`;
  }

  /** What all containers of a task have used; `outOfMemory` is for Docker to say. */
  usage(task: string): GroupUsage {
    return usageIn(this.folders().map((folder) => join(folder, task)));
  }

  /** Removes a task's group; what is left of it is removed by the next sweep. */
  remove(task: string): void {
    for (const folder of this.folders()) removeGroups(join(folder, task));
  }
}

/** Mount points of the control groups, as this process sees them; `root` stands before /proc and the mount points, for tests. */
export function groupMounts(root = "/"): readonly string[] {
  const lines = readFileSync(join(root, "proc/self/mounts"), "utf8").split("\n");
  const mounts = lines.map((line) => line.split(" "));
  return mounts
    .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
    .map(([, point = ""]) => join(root, point));
}

/** What the groups of one container say, a folder for each hierarchy; zeros where they are gone. */
export function usageIn(folders: readonly string[]): GroupUsage {
  const read = (...files: readonly string[]): string | undefined => {
    for (const folder of folders)
      for (const file of files) {
        const text = textOf(join(folder, file));
        if (text !== undefined) return text;
      }
    return undefined;
  };
  // Kernels before 5.19 keep no peak in version 2.
  const peakMemoryBytes = Number(read("memory.max_usage_in_bytes", "memory.peak") ?? read("memory.current") ?? 0);
  const nanoseconds = read("cpuacct.usage");
  const microseconds = /^usage_usec (\d+)$/m.exec(read("cpu.stat") ?? "")?.[1] ?? 0;
  const cpuMs = nanoseconds === undefined ? Number(microseconds) / 1e3 : Number(nanoseconds) / 1e6;
  return { cpuMs, peakMemoryBytes, outOfMemory: false };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // It was never there, or its group has just been removed.
    return undefined;
  }
}

/** Removes a group and those below it; nothing may run in them. */
export function removeGroups(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(join(folder, entry.name));
  try {
    rmdirSync(folder);
  } catch {
    // Something in it is still dying.
  }
}
