// Control groups of tasks: made with their limits, measured, and removed when all that ran in them is dead.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CgroupMounts, controllers } from "./mounts.ts";

/** Bounds of one task's group. */
export interface GroupLimits {
  /** Everything: the program's memory, its files in memory, the kernel's memory on its behalf. */
  readonly memoryBytes: number;
  readonly processes: number;
  /** Cores, of which fractions count too. */
  readonly cpus: number;
}

/** What a group has used since it was made. */
export interface GroupUsage {
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  /** Whether the kernel killed something in it for want of memory. */
  readonly outOfMemory: boolean;
}

const PERIOD_US = 100_000;

/** All groups of one worker; `key` tells it from other workers of this machine. */
export class CgroupTree {
  readonly #mounts: Exclude<CgroupMounts, { version: "none" }>;
  readonly #name: string;

  constructor(mounts: Exclude<CgroupMounts, { version: "none" }>, key: string) {
    this.#mounts = mounts;
    this.#name = `starling-${key}`;
  }

  get version(): "v1" | "v2" {
    return this.#mounts.version;
  }

  /** Folders that hold the groups, one for each hierarchy. */
  folders(): readonly string[] {
    const tops = this.#mounts.version === "v1" ? Object.values(this.#mounts.folders) : [this.#mounts.folder];
    return [...new Set(tops)].map((top) => join(top, this.#name));
  }

  /** Makes a group with its limits; throws where the kernel refuses. */
  open(name: string, limits: GroupLimits): TaskGroup {
    if (this.#mounts.version === "v2") this.#enable(this.#mounts.folder);
    const folders = this.folders().map((folder) => join(folder, name));
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    const group = new TaskGroup(this.#mounts.version, folders);
    group.limit(limits);
    return group;
  }

  // Controllers are handed down one level at a time.
  #enable(top: string): void {
    const wanted = controllers.map((name) => `+${name}`).join(" ");
    for (const folder of [top, join(top, this.#name)]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "cgroup.subtree_control"), wanted);
    }
  }
}

/** The group of one attempt. */
export class TaskGroup {
  readonly #version: "v1" | "v2";
  readonly #folders: readonly string[];

  constructor(version: "v1" | "v2", folders: readonly string[]) {
    this.#version = version;
    this.#folders = folders;
  }

  /** Sets the limits; those of the other version don't exist and are left out. */
  limit({ memoryBytes, processes, cpus }: GroupLimits): void {
    const quota = String(Math.round(cpus * PERIOD_US));
    const bytes = String(memoryBytes);
    if (this.#version === "v1") {
      this.#set("memory.limit_in_bytes", bytes);
      this.#setIfThere("memory.memsw.limit_in_bytes", bytes);
      this.#set("cpu.cfs_period_us", String(PERIOD_US));
      this.#set("cpu.cfs_quota_us", quota);
    } else {
      this.#set("memory.max", bytes);
      this.#setIfThere("memory.swap.max", "0");
      this.#setIfThere("memory.oom.group", "1");
      this.#set("cpu.max", `${quota} ${PERIOD_US}`);
    }
    this.#set("pids.max", String(processes));
  }

  /** Puts a process into the group; what it starts from now on belongs to the group too. */
  add(pid: number): void {
    for (const folder of this.#folders) writeFileSync(join(folder, "cgroup.procs"), String(pid));
  }

  /** What it has used; the kernel's own count. */
  usage(): GroupUsage {
    const kills = Number(/^oom_kill (\d+)$/m.exec(this.#get("memory.oom_control", "memory.events"))?.[1] ?? 0);
    const peakMemoryBytes = Number(this.#get("memory.max_usage_in_bytes", "memory.peak"));
    const cpuMs =
      this.#version === "v1"
        ? Number(this.#get("cpuacct.usage")) / 1e6
        : Number(/^usage_usec (\d+)$/m.exec(this.#get("cpu.stat"))?.[1] ?? 0) / 1e3;
    return { cpuMs, peakMemoryBytes, outOfMemory: kills > 0 };
  }

  /** Kills everything in it. What is dying already may be listed for a moment longer. */
  kill(): void {
    killGroup(this.#folders);
  }

  /** Removes the group; false while something in it is still dying. */
  remove(): boolean {
    return this.#folders.map(removeFolder).every((gone) => gone);
  }

  #set(file: string, value: string): void {
    const folder = this.#folders.find((one) => existsSync(join(one, file)));
    if (folder === undefined) throw new Error(`the control groups have no ${file}`);
    writeFileSync(join(folder, file), value);
  }

  // Swap accounting and group kills are options of the kernel.
  #setIfThere(file: string, value: string): void {
    if (this.#folders.some((one) => existsSync(join(one, file)))) this.#set(file, value);
  }

  #get(...files: readonly string[]): string {
    for (const folder of this.#folders) {
      for (const file of files) if (existsSync(join(folder, file))) return readFileSync(join(folder, file), "utf8");
    }
    return "0";
  }
}

/** Kills what an earlier life of the worker left in its groups, and removes them; names the folders that could not be removed. */
export function sweepGroups(folders: readonly string[]): readonly string[] {
  const left: string[] = [];
  for (const folder of folders.filter((one) => existsSync(one))) {
    for (const name of groupsIn(folder)) {
      killGroup([join(folder, name)]);
      if (!removeFolder(join(folder, name))) left.push(join(folder, name));
    }
    if (!removeFolder(folder)) left.push(folder);
  }
  return left;
}

function groupsIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function killGroup(folders: readonly string[]): void {
  for (const folder of folders) {
    if (existsSync(join(folder, "cgroup.kill"))) {
      writeFileSync(join(folder, "cgroup.kill"), "1");
      continue;
    }
    for (const pid of processesIn(folder)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    }
  }
}

function processesIn(folder: string): readonly number[] {
  if (!existsSync(join(folder, "cgroup.procs"))) return [];
  return readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
}

// The kernel's files in it can't be removed and need not be.
function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}
