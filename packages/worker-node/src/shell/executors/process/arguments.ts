// The words of bubblewrap: what a sandbox sees, what it can't, and the shell lines before and inside it.
import { existsSync } from "node:fs";
import { PROGRAM_PATH } from "./program-form.ts";

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
}

/** What one attempt runs as. */
export interface SandboxPlan {
  readonly files: SandboxFiles;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Nobody else's user id. */
  readonly uid: number;
  /** Room under /out, in bytes. */
  readonly outputBytes: number;
  /** Room under /tmp, and as much again under /dev/shm, in bytes. */
  readonly scratchBytes: number;
  /** Largest file, in bytes. */
  readonly fileBytes: number;
  /** CPU seconds, against a clock that stops. */
  readonly cpuSeconds: number;
}

/** Programs of one thread, with sets in one order: what can differ between runs on one machine would look like a lie. */
const ownEnvironment: Readonly<Record<string, string>> = {
  PATH: PROGRAM_PATH,
  HOME: "/tmp",
  LC_ALL: "C.UTF-8",
  OMP_NUM_THREADS: "1",
  PYTHONHASHSEED: "0",
};

/** Links to libraries that a distribution lets its owner choose, and the loader's list: nothing secret, and nothing works without. */
const SHOWN_OF_ETC = ["/etc/alternatives", "/etc/ld.so.cache"];

/** Waits for a line, so that the process is in its control group before it is anything else. */
export const outerLine = `read -r _ <&${descriptor.gate} && exec "$@"`;

/** Says that the sandbox stands and waits until it has been looked at; then limits, identity and program. */
export function innerLine({ uid, fileBytes, cpuSeconds }: SandboxPlan): string {
  return [
    "ulimit -c 0 && ulimit -n 256 && ulimit -l 64",
    // In blocks of 512 bytes.
    `ulimit -f ${Math.ceil(fileBytes / 512)} && ulimit -t ${cpuSeconds}`,
    `echo ready >&${descriptor.gate} && read -r _ <&${descriptor.gate} && exec ${descriptor.gate}>&- >/log 2>&1`,
    // Only then its environment: the loader obeys some of it, and up to here it would do so as root.
    `exec setpriv --reuid=${uid} --regid=${uid} --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs -- env -u PWD "$@"`,
  ].join(" && ");
}

/** What `env` is given: the task's variables, then the program and its arguments. */
export function programWords({ env, args }: SandboxPlan): readonly string[] {
  return [...Object.entries(env).map(([name, value]) => `${name}=${value}`), "/program", ...args];
}

/** Everything up to the command. It is passed through a descriptor: the sandbox can read its first process's command line. */
export function sandboxWords({ files, outputBytes, scratchBytes }: SandboxPlan): readonly string[] {
  const usr = ["bin", "sbin", "lib", "lib32", "lib64"].filter((name) => existsSync(`/usr/${name}`));
  const memory = (bytes: number, mode: string, path: string): readonly string[] => [
    ...["--perms", mode, "--size", String(bytes)],
    ...["--tmpfs", path],
  ];
  return [
    ...["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup"],
    ...["--die-with-parent", "--new-session", "--hostname", "task", "--clearenv"],
    // Only until setpriv has given up what the shell before it needs to change its user.
    ...["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"],
    ...["--seccomp", String(descriptor.filter), "--info-fd", String(descriptor.facts)],
    ...Object.entries(ownEnvironment).flatMap(([name, value]) => ["--setenv", name, value]),
    ...["--ro-bind", "/usr", "/usr"],
    ...usr.flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
    ...["--perms", "0755", "--dir", "/etc"],
    ...SHOWN_OF_ETC.filter((path) => existsSync(path)).flatMap((path) => ["--ro-bind", path, path]),
    ...["--proc", "/proc", "--dev", "/dev"],
    ...memory(scratchBytes, "1777", "/tmp"),
    ...memory(scratchBytes, "1777", "/dev/shm"),
    ...memory(outputBytes, "0777", "/out"),
    ...["--ro-bind", files.inputs, "/in", "--ro-bind", files.program, "/program"],
    ...["--bind", files.progress, "/progress", "--bind", files.log, "/log"],
    ...["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"],
  ];
}
