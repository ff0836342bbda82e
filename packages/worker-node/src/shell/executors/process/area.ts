// The executor's own folder: for each slot the program and the inputs of its task, and what an earlier life left there is swept away.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { chmod, copyFile, link, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { TaskInput, TaskRun } from "../executor.ts";
import type { SandboxFiles } from "./arguments.ts";
import { sweepGroups } from "./cgroup/group.ts";
import { starter } from "./root/starter.ts";
import { seccompFilter } from "./seccomp/filter.ts";

/** Where groups were made is written down here before the first is: the next life may be started elsewhere. */
const GROUPS_FILE = "groups.json";

type LaidOut = Pick<TaskRun, "program" | "inputs">;

/** The folder of one executor. Nobody else may use it at the same time. */
export class Area {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Sweeps what is left of an earlier life, kills what still runs of it, and starts afresh. */
  static open(folder: string, groupFolders: readonly string[], hasRoots: boolean): Area {
    const area = new Area(folder);
    sweepArea(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, GROUPS_FILE), JSON.stringify(groupFolders));
    writeFileSync(area.filter, seccompFilter({ chroot: hasRoots }));
    return area;
  }

  /** The seccomp filter as a file. */
  get filter(): string {
    return join(this.#folder, "filter.bpf");
  }

  /**
   * Lays out program and inputs of a task; rejects when an input isn't what it should be. One with a root file system of its own needs a starter
   * for its user.
   */
  async layOut(slot: number, { program, inputs }: LaidOut, starterUid: number | null): Promise<SandboxFiles> {
    const folder = this.#slot(slot);
    const files = {
      program: join(folder, "program"),
      inputs: join(folder, "in"),
      progress: this.#pipe("progress", slot),
      log: this.#pipe("log", slot),
    };
    await rm(folder, { recursive: true, force: true });
    await mkdir(files.inputs, { recursive: true });
    await writeFile(files.program, program);
    await chmod(files.program, 0o555);
    const starts = starterUid === null ? {} : { starter: await placeStarter(join(folder, "starter"), starterUid) };
    for (const input of inputs) await placeInput(input, join(files.inputs, input.name));
    if (!existsSync(files.log)) await promisify(execFile)("mkfifo", ["-m", "622", files.progress, files.log]);
    return { ...files, ...starts };
  }

  /** Removes what a task was given. */
  async clear(slot: number): Promise<void> {
    await rm(this.#slot(slot), { recursive: true, force: true });
  }

  /** Removes everything. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #slot(slot: number): string {
    return join(this.#folder, `slot-${slot}`);
  }

  // They hold no bytes once nobody has them open, so the next task may have the same ones.
  #pipe(name: string, slot: number): string {
    return join(this.#folder, `${name}-${slot}`);
  }
}

async function placeStarter(path: string, uid: number): Promise<string> {
  await writeFile(path, starter(uid));
  await chmod(path, 0o555);
  return path;
}

/** Kills what an earlier life ran from the folder, and removes its groups and files; does nothing where there was none. */
export function sweepArea(folder: string): void {
  sweepGroups(earlierGroups(folder));
  rmSync(folder, { recursive: true, force: true });
}

function earlierGroups(folder: string): readonly string[] {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, GROUPS_FILE), "utf8"));
    return Array.isArray(found) ? found.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}

/** A short name for the folder, to tell the groups and users of several workers on one machine apart. */
export function areaKey(folder: string): string {
  return createHash("sha256").update(folder).digest("hex").slice(0, 12);
}

// A link where both are on one disk: the task can't write to it, and the caller's copy is the task's alone.
/** Puts an input where a task finds it; rejects when it is not what it should be. */
export async function placeInput({ name, path, size }: TaskInput, to: string): Promise<void> {
  const found = await stat(path);
  if (found.size !== size) throw new Error(`input ${name} has ${found.size} bytes on disk, expected ${size}`);
  await mkdir(dirname(to), { recursive: true });
  await link(path, to).catch(() => copyFile(path, to));
  await chmod(to, 0o444);
}
