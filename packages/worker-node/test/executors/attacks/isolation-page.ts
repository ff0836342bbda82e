// The page about isolation, made of what the attacks were met with.
import { type AttackName, attackNames } from "./attack.ts";

/** What an executor did about each attack. */
export type Verdicts = ReadonlyMap<AttackName, string>;

/** The executors in the table, in its order. */
export const columnNames = ["wasm", "process", "process, own root", "oci"] as const;

/** A column of the table. */
export type ColumnName = (typeof columnNames)[number];

/** The page's text. What wasn't tried this time stands as it stood in the page before. */
export function isolationPage(columns: Readonly<Record<ColumnName, Verdicts>>, before: string): string {
  const cells = before.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const head = cells.find(([, first]) => first === "Attack") ?? [];
  const stood = (column: ColumnName, name: AttackName): string | undefined =>
    head.includes(column) ? cells.find(([, first]) => first === name)?.[head.indexOf(column)] : undefined;
  const cell = (column: ColumnName, name: AttackName): string =>
    columns[column].get(name) ?? (columns[column].size === 0 ? stood(column, name) : undefined) ?? "not tried";
  const rows = attackNames.map((name) => `| ${[name, ...columnNames.map((one) => cell(one, name))].join(" | ")} |`);
  return `${HEAD}
| Attack | ${columnNames.join(" | ")} |
|${"---|".repeat(columnNames.length + 1)}
${rows.join("\n")}
${TAIL}`;
}

const HEAD = `# Isolation

What a stranger's program was kept from, by executor. This page is written by the attack suite
(\`packages/worker-node/test/executors/attacks\`), which makes every attempt and looks at what came of it; a machine on which
one of them succeeds fails the suite. "contained" means that the attempt was made and got nowhere.
`;

const TAIL = `
## The executors

| Executor | Isolation, as it stands in a worker's record | Needs |
|---|---|---|
| \`wasm\` | \`v8-child-process\`: V8 in a child process without permissions, own WASI with quotas, fuel, page cap | nothing |
| \`process\` | \`namespaces, seccomp, own user, cgroup v1\` (or \`v2\`): all four, or the class isn't offered | Linux on x86-64, root, bubblewrap, memory, pids and cpu control groups, and the owner's \`--allow-process\` |
| \`process\` with a root file system of the job's | \`namespaces, seccomp, own user, own root, cgroup v1\` (or \`v2\`) | the same, and the owner's \`--allow-rootfs\` in place of \`--allow-process\` |
| \`oci\` | \`container (runc), seccomp, no capabilities, own user\`, or \`gVisor (runsc), ...\` where the owner chose it | Linux on x86-64, root, a Docker that maps no users, and the owner's \`--allow-images\` |

A worker that may run processes runs two programs in the sandbox before it offers the class: one looks around itself (user,
groups, capabilities, filter, interfaces, folders, writing to /usr, new namespaces), one takes more memory than it may.
\`starling worker doctor --allow-process\` does the same and says what is missing. For containers the two are one image of a few
hundred bytes, and \`--allow-images\` the word; for root file systems (\`--allow-rootfs\`) one program without any file beside it. Attacks in
a root of the job's and in containers are made in the long run of the tests, the latter over runc; over
gVisor only the self-test.

## What a process sees

- The worker's own \`/usr\`, read-only, with \`/etc/alternatives\` and the loader's list; nothing else of the host's files.
- \`/program\`, \`/in/<name>\` (read-only), \`/out\` (files in memory, as many bytes as the task may leave behind), \`/tmp\` and
  \`/dev/shm\` (16 MiB each, of the task's memory), \`/progress\`.
- A user of its own, process, network, IPC and host name spaces of its own, one core, 64 processes, an environment of five
  variables beside the task's: \`PATH\`, \`HOME\`, \`LC_ALL\`, \`OMP_NUM_THREADS=1\`, \`PYTHONHASHSEED=0\`.

## What a process with a root file system of its own sees

- The files of the job's archive as \`/\`, read-only, and the folders above laid over it. Nothing of the worker's \`/usr\`, and no
  \`LC_ALL\`.
- Users, rights and times of the archive count for nothing: every file is nobody's, may be read by all and run where the archive says so. No
  program of it runs before root's user and all capabilities are given up: what goes into it is a few hundred bytes of machine code.

The archive (plain or gzip, at most 2 GiB unpacked, 200,000 files) is looked through before anything is written. Refused are paths that lead out or
through links, files named twice, devices, pipes, sparse files, hard links to what is not a file of the archive, anything where the sandbox
mounts its own, and what two readers of archives could take differently. It is unpacked once into \`roots\` in the worker's folder
(\`--rootfs-bytes\`), kept by content id, compared with its digest at its first use in a worker's life and again every ten minutes, and removed when
others need the room.

## What a container sees

- Its image, of which a task can change nothing, and \`/in\`, \`/out\`, \`/tmp\`, \`/dev/shm\` and \`/progress\` as a process does. Docker's own
  \`/etc/hostname\`, \`/etc/hosts\` and \`/etc/resolv.conf\`, without anything of the host's.
- Of an image's configuration its entry point, command, environment and folder count. Its user, volumes, health checks and names do not:
  volumes would be room on the owner's disk without a limit, and a name could take that of an image which the owner uses.
- No network at all. A list of hosts that a task may reach is not there yet.

An image is looked through before Docker unpacks it: sizes, device nodes, sparse files, and files that could make another user of the
number that a task runs as. An archive that another reader could take otherwise (content behind a folder, sizes in extended headers,
other compressions, anything after its end) is refused, since Docker is another reader.

## What is not kept from a process or a container

- A process can read what lies in the worker's \`/usr\`, \`/usr/local\` too. An owner who keeps secrets there must not allow processes.
- The processor's model, the kernel's version, the machine's load and memory (\`/proc\`), and by \`/proc/self/mountinfo\` the path
  of the worker's data folder.
- Memory and disk for images: unpacking one takes up to twice its size, at most 2 GiB, of the worker's own memory, one at a time; on disk
  many small files take more than their bytes. Images that Docker can't run count as failures of the machine. Allow images where that is fine.
- Faults of the kernel behind the calls that are allowed, and side channels of shared processors and caches.
`;
