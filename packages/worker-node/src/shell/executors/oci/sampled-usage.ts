// What a container uses where Docker lets systemd make its group: that group ends with it, so it is looked at while the container runs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GroupUsage } from "../process/cgroup/group.ts";
import { usageIn } from "./groups.ts";

/** What is used after the last look is not counted. */
const LOOK_EVERY_MS = 100;

/** The groups of a process, a folder for each hierarchy that is mounted; `root` stands before /proc and the mount points, for tests. */
export function groupsOfProcess(pid: number, root = "/"): readonly string[] {
  const mounts = readFileSync(join(root, "proc/self/mountinfo"), "utf8").split("\n").flatMap(mountOf);
  return readFileSync(join(root, `proc/${pid}/cgroup`), "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, controllers, ...rest] = line.split(":");
      if (controllers === undefined) return [];
      const path = rest.join(":");
      // The hierarchy of version 2 has no list of controllers; those of version 1 have one in the options of their mount.
      const mount = mounts.find(({ type, options }) =>
        controllers === ""
          ? type === "cgroup2"
          : type === "cgroup" && controllers.split(",").every((one) => options.includes(one)),
      );
      const below = mount === undefined ? null : belowRoot(path, mount.root);
      return mount === undefined || below === null ? [] : [join(root, mount.point, below)];
    });
}

interface Mount {
  /** The group that the mount shows as its top. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

function mountOf(line: string): readonly Mount[] {
  const [before = "", after = ""] = line.split(" - ");
  const [, , , root = "", point = ""] = before.split(" ");
  const [type = "", , options = ""] = after.split(" ");
  return type === "cgroup" || type === "cgroup2" ? [{ root, point, type, options: options.split(",") }] : [];
}

/** A path below another, or null where it lies elsewhere and can't be seen. */
function belowRoot(path: string, root: string): string | null {
  if (root === "/") return path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : null;
}

/** Looks at the group of a running container from time to time, until it is stopped. */
export class SampledUsage {
  #used: GroupUsage = { cpuMs: 0, peakMemoryBytes: 0, outOfMemory: false };
  #folders: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `pid` is the container's first process; of one that has ended nothing is known. */
  start(pid: number): void {
    try {
      this.#folders = groupsOfProcess(pid);
    } catch {
      return;
    }
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** The most that was seen. */
  stop(): GroupUsage {
    clearInterval(this.#timer);
    this.#look();
    return this.#used;
  }

  #look(): void {
    const { cpuMs, peakMemoryBytes } = usageIn(this.#folders);
    const seen = this.#used;
    this.#used = {
      cpuMs: Math.max(seen.cpuMs, cpuMs),
      peakMemoryBytes: Math.max(seen.peakMemoryBytes, peakMemoryBytes),
      outOfMemory: false,
    };
  }
}
