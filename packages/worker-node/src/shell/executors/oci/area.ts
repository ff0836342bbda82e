// The executor's own folder: for each task its inputs, its pipe for progress, and a file system of its own size for what it leaves behind.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TaskRun } from "../executor.ts";
import { placeInput } from "../process/area.ts";
import { Errands } from "./errands.ts";
import { removeGroups } from "./groups.ts";

/** Where groups were made is written down here before the first is: the next life may be started elsewhere. */
const GROUPS_FILE = "groups.json";
/** The engine's socket, for a next life that runs no images. */
const SOCKET_FILE = "socket";

/** Folders of one task on the host. */
export interface TaskFolders {
  readonly inputs: string;
  readonly output: string;
  /** A named pipe. */
  readonly progress: string;
  /** For what stands before a program that may reach hosts; not there yet. */
  readonly gate: string;
}

/** Room under /out. */
export interface OutputRoom {
  readonly bytes: number;
  readonly files: number;
  /** Who may write there. */
  readonly uid: number;
}

/** The folder of one executor. Nobody else may use it at the same time. */
export class OciArea {
  readonly #folder: string;
  readonly #errands = new Errands();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts afresh; what an earlier life left must have been swept. */
  open(groupFolders: readonly string[], socketPath: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(this.#folder, GROUPS_FILE), JSON.stringify(groupFolders));
    writeFileSync(join(this.#folder, SOCKET_FILE), socketPath);
  }

  /** The socket of an earlier life's engine, or null where there was none. */
  earlierSocket(): string | null {
    return readOr(join(this.#folder, SOCKET_FILE));
  }

  /** Unmounts and removes everything; no container may use it any more. */
  sweep(): void {
    this.#errands.end();
    const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
    const own = mounts.map((line) => line.split(" ")[1] ?? "").filter((point) => point.startsWith(`${this.#folder}/`));
    for (const point of own) execFileSync("umount", ["--lazy", point]);
    for (const folder of this.#earlierGroups()) removeGroups(folder);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Lays out a task; rejects when an input isn't what it should be. */
  async layOut(slot: number, { inputs }: Pick<TaskRun, "inputs">, room: OutputRoom): Promise<TaskFolders> {
    const folder = join(this.#folder, `slot-${slot}`);
    const at = (name: string): string => join(folder, name);
    const folders = { inputs: at("in"), output: at("out"), progress: this.#pipe(slot), gate: at("gate") };
    await this.clear(slot);
    await mkdir(folders.inputs, { recursive: true });
    await mkdir(folders.output);
    for (const input of inputs) await placeInput(input, join(folders.inputs, input.name));
    const options = `size=${room.bytes},nr_inodes=${room.files},uid=${room.uid},gid=${room.uid},mode=700,nosuid,nodev,noexec`;
    if (!existsSync(folders.progress)) await this.#errands.run("mkfifo", "-m", "622", folders.progress);
    await this.#errands.run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folders.output);
    return folders;
  }

  /** Removes what a task was given and what it left behind. */
  async clear(slot: number): Promise<void> {
    const folder = join(this.#folder, `slot-${slot}`);
    if (!existsSync(folder)) return;
    // It may never have been mounted.
    await this.#errands.run("umount", "--lazy", join(folder, "out")).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }

  // It holds no bytes once nobody has it open, so the next task may have the same one.
  #pipe(slot: number): string {
    return join(this.#folder, `progress-${slot}`);
  }

  #earlierGroups(): readonly string[] {
    try {
      const found: unknown = JSON.parse(readOr(join(this.#folder, GROUPS_FILE)) ?? "[]");
      return Array.isArray(found) ? found.filter((one): one is string => typeof one === "string") : [];
    } catch {
      return [];
    }
  }
}

function readOr(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
