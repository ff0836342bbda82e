// The words of bubblewrap: what a sandbox sees, what it can't, and the shell lines before and inside it.
import { existsSync } from "node:fs";
import { PROGRAM_PATH } from "./program-form.ts";
import { INSIDE } from "./root/starter.ts";

/** File descriptors that bubblewrap is started with, beside the standard three. */
export const descriptor = { filter: 3, gate: 4, facts: 5, words: 6 } as const;

/** Files of the host that a sandbox is made of. */
export interface SandboxFiles {
  readonly program: string;
  /** A folder with all inputs by their names. */
  readonly inputs: string;
  /** Named pipes. */
  readonly progress: string;
  readonly log: string;
  /** What goes into a root file system of the task's own; left out where it has none. */
  readonly starter?: string;
}

/** What one attempt runs as. */
export interface SandboxPlan {
  readonly files: SandboxFiles;
  /** The folder that the program sees as /; null where it sees this machine's /usr. */
  readonly root: string | null;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Nobody else's user id. */
  readonly uid: number;
  /** Room under /out, in bytes. */
  readonly outputBytes: number;
  /** Room under /ckpt, in bytes; null where there is no such folder. */
  readonly checkpointBytes: number | null;
  /** Room under /tmp, and as much again under /dev/shm, in bytes. */
  readonly scratchBytes: number;
  /** Largest file, in bytes. */
  readonly fileBytes: number;
  /** CPU seconds, against a clock that stops. */
  readonly cpuSeconds: number;
}

/** Programs of one thread, with sets in one order: what can differ between runs on one machine would look like a lie. */
const rootEnvironment: Readonly<Record<string, string>> = {
  PATH: PROGRAM_PATH,
  HOME: "/tmp",
  OMP_NUM_THREADS: "1",
  PYTHONHASHSEED: "0",
};

/** A root of the task's own may lack any locale. */
const ownEnvironment: Readonly<Record<string, string>> = { ...rootEnvironment, LC_ALL: "C.UTF-8" };

/** Links to libraries that a distribution lets its owner choose, and the loader's list: nothing secret, and nothing works without. */
const SHOWN_OF_ETC = ["/etc/alternatives", "/etc/ld.so.cache"];

/** Waits for a line, so that the process is in its control group before it is anything else. */
export const outerLine = `read -r _ <&${descriptor.gate} && exec "$@"`;

/** Says that the sandbox stands and waits until it has been looked at; then limits, identity and program. */
export function innerLine(plan: SandboxPlan): string {
  const { fileBytes, cpuSeconds } = plan;
  return [
    "ulimit -c 0 && ulimit -n 256 && ulimit -l 64",
    // In blocks of 512 bytes.
    `ulimit -f ${Math.ceil(fileBytes / 512)} && ulimit -t ${cpuSeconds}`,
    `echo ready >&${descriptor.gate} && read -r _ <&${descriptor.gate} && exec ${descriptor.gate}>&- >/log 2>&1`,
    `exec ${plan.root === null ? setpriv(plan) : setprivForStarter} -- "$@"`,
  ].join(" && ");
}

function setpriv({ uid }: SandboxPlan): string {
  return `setpriv --reuid=${uid} --regid=${uid} --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs`;
}

/** The starter gives up the rest itself, once it is where it needs no more. */
const setprivForStarter =
  "setpriv --clear-groups --inh-caps=-all --bounding-set=-all,+setuid,+setgid,+setpcap,+sys_chroot --no-new-privs";

/** The task's variables, then the program and its arguments, for what sets the one and starts the other. */
export function programWords({ env, args, root }: SandboxPlan): readonly string[] {
  const said = (variables: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  // Only here its environment: the loader obeys some of it, and up to here it would do so as root.
  return root === null
    ? ["env", "-u", "PWD", ...said(env), "/program", ...args]
    : ["/starter", ...said({ ...rootEnvironment, ...env }), "", "/program", ...args];
}

/** Where a running sandbox has one of the program's folders, seen from its first process. */
export function insidePath({ root }: Pick<SandboxPlan, "root">, name: "out" | "ckpt"): string {
  return root === null ? name : `${INSIDE.slice(1)}/${name}`;
}

/** Everything up to the command. It is passed through a descriptor: the sandbox can read its first process's command line. */
export function sandboxWords(plan: SandboxPlan): readonly string[] {
  const { files, root } = plan;
  const usr = ["bin", "sbin", "lib", "lib32", "lib64"].filter((name) => existsSync(`/usr/${name}`));
  return [
    ...["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup"],
    ...["--die-with-parent", "--new-session", "--hostname", "task", "--clearenv"],
    // Only until setpriv, or the starter, has given up what the shell before it needs to change its user.
    ...["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"].flatMap((name) => ["--cap-add", name]),
    ...["--seccomp", String(descriptor.filter), "--info-fd", String(descriptor.facts)],
    ...Object.entries(ownEnvironment).flatMap(([name, value]) => ["--setenv", name, value]),
    ...["--ro-bind", "/usr", "/usr"],
    ...usr.flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
    ...["--perms", "0755", "--dir", "/etc"],
    ...SHOWN_OF_ETC.filter((path) => existsSync(path)).flatMap((path) => ["--ro-bind", path, path]),
    ...(root === null ? [] : ["--cap-add", "CAP_SYS_CHROOT", "--proc", "/proc", "--ro-bind", root, INSIDE]),
    ...(files.starter === undefined ? [] : ["--ro-bind", files.starter, "/starter"]),
    ...insideWords(plan, root === null ? "" : INSIDE),
    ...["--bind", files.log, "/log", "--remount-ro", "/", "--chdir", "/"],
  ];
}

/** What every program sees beside its files, below the place that it sees as /. */
function insideWords(
  { files, outputBytes, checkpointBytes, scratchBytes }: SandboxPlan,
  top: string,
): readonly string[] {
  const memory = (bytes: number, mode: string, path: string): readonly string[] => [
    ...["--perms", mode, "--size", String(bytes)],
    ...["--tmpfs", `${top}${path}`],
  ];
  return [
    ...["--proc", `${top}/proc`, "--dev", `${top}/dev`],
    ...memory(scratchBytes, "1777", "/tmp"),
    ...memory(scratchBytes, "1777", "/dev/shm"),
    ...memory(outputBytes, "0777", "/out"),
    ...(checkpointBytes === null ? [] : memory(checkpointBytes, "0777", "/ckpt")),
    ...["--ro-bind", files.inputs, `${top}/in`, "--ro-bind", files.program, `${top}/program`],
    ...["--bind", files.progress, `${top}/progress`, "--remount-ro", `${top}/dev`],
  ];
}
