// Whether this machine can hold a stranger's process at all, and what of it: looked up once, before anything is run.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CgroupTree } from "./cgroup/group.ts";
import { findCgroups } from "./cgroup/mounts.ts";
import { PROGRAM_PATH } from "./program-form.ts";

/** What a sandbox is made with on this machine. */
export interface ProcessHost {
  readonly groups: CgroupTree;
  /** Bubblewrap's version. */
  readonly bubblewrap: string;
}

/** A host, or what it lacks and what mends it. */
export type FoundHost =
  | { readonly ok: true; readonly host: ProcessHost }
  | { readonly ok: false; readonly missing: string };

/** Looks for everything that a sandbox needs. `key` names the groups. */
export async function findHost(key: string): Promise<FoundHost> {
  if (process.platform !== "linux") return missing("processes are contained on Linux only");
  if (process.arch !== "x64")
    return missing("there is no list of system calls for this processor yet, only for x86-64");
  if (process.getuid?.() !== 0) return missing("the worker must run as root, to give each task a user and a group");
  const mounts = findCgroups();
  if (mounts.version === "none") return missing(`${mounts.missing}: nothing would bound a task's memory`);
  for (const tool of ["setpriv", "mkfifo"]) {
    if ((await versionOf(tool)) === null) return missing(`there is no ${tool}; install util-linux and coreutils`);
  }
  const bubblewrap = await versionOf("bwrap");
  if (bubblewrap === null) return missing("there is no bubblewrap; apt-get install bubblewrap");
  return { ok: true, host: { groups: new CgroupTree(mounts, key), bubblewrap } };
}

function missing(what: string): FoundHost {
  return { ok: false, missing: what };
}

/** Looked for where sandboxes are started from, not on the worker's own PATH. */
async function versionOf(tool: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(tool, ["--version"], { env: { PATH: PROGRAM_PATH } });
    return /\d+(\.\d+)+/.exec(stdout)?.[0] ?? "";
  } catch {
    return null;
  }
}
