// Where this machine's control groups are: the old hierarchy with a mount for each controller, or the new one.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a task's group must be able to do. */
export const controllers = ["memory", "pids", "cpu"] as const;

/** A controller that bounds tasks. */
export type Controller = (typeof controllers)[number];

/** The folders in which groups are made, by controller. In version 2 they are one and the same. */
export type CgroupMounts =
  | { readonly version: "v1"; readonly folders: Readonly<Record<Controller | "cpuacct", string>> }
  | { readonly version: "v2"; readonly folder: string }
  | { readonly version: "none"; readonly missing: string };

/** Reads the mounts of this process; `root` stands before /proc and the mount points, for tests. */
export function findCgroups(root = "/"): CgroupMounts {
  const mounts = readFileSync(join(root, "proc/self/mounts"), "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .map(([, point = "", type = "", options = ""]) => ({
      point: join(root, point),
      type,
      options: options.split(","),
    }));
  const own = ownGroups(root);
  const old = (name: string): string | undefined => {
    const mount = mounts.find(({ type, options }) => type === "cgroup" && options.includes(name));
    if (mount === undefined) return undefined;
    // Below the worker's own group, so that what its owner gave the worker bounds its tasks as well.
    const below = join(mount.point, own.get(name) ?? "");
    return existsSync(below) ? below : mount.point;
  };
  const [memory, pids, cpu, cpuacct] = [old("memory"), old("pids"), old("cpu"), old("cpuacct")];
  if (memory !== undefined && pids !== undefined && cpu !== undefined && cpuacct !== undefined)
    return { version: "v1", folders: { memory, pids, cpu, cpuacct } };
  const unified = mounts.find(({ type }) => type === "cgroup2")?.point;
  if (unified === undefined) return { version: "none", missing: "no control groups are mounted" };
  // A group that has processes of its own can't have groups with limits below it, so these are made at the root.
  const listed = read(join(unified, "cgroup.controllers")).trim().split(" ");
  const absent = controllers.filter((name) => !listed.includes(name));
  return absent.length === 0
    ? { version: "v2", folder: unified }
    : { version: "none", missing: `the control groups have no controller ${absent.join(", ")}` };
}

/** This process's group in each hierarchy of version 1. */
function ownGroups(root: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const line of read(join(root, "proc/self/cgroup")).split("\n")) {
    const [, names = "", ...path] = line.split(":");
    for (const name of names.split(",")) groups.set(name, path.join(":"));
  }
  return groups;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
