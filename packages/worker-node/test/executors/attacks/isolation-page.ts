// The page about isolation, made of what the attacks were met with.
import { type AttackName, attackNames } from "./attack.ts";

/** What an executor did about each attack. */
export type Verdicts = ReadonlyMap<AttackName, string>;

/** The page's text. */
export function isolationPage(columns: Readonly<Record<"wasm" | "process", Verdicts>>): string {
  const cell = (verdicts: Verdicts, name: AttackName): string => verdicts.get(name) ?? "not tried";
  const rows = attackNames.map((name) => `| ${name} | ${cell(columns.wasm, name)} | ${cell(columns.process, name)} |`);
  return `${HEAD}
| Attack | wasm | process |
|---|---|---|
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

A worker that may run processes runs two programs in the sandbox before it offers the class: one looks around itself (user,
groups, capabilities, filter, interfaces, folders, writing to /usr, new namespaces), one takes more memory than it may.
\`starling worker doctor --allow-process\` does the same and says what is missing.

## What a process sees

- The worker's own \`/usr\`, read-only, with \`/etc/alternatives\` and the loader's list; nothing else of the host's files.
- \`/program\`, \`/in/<name>\` (read-only), \`/out\` (files in memory, as many bytes as the task may leave behind), \`/tmp\` and
  \`/dev/shm\` (16 MiB each, of the task's memory), \`/progress\`.
- A user of its own, process, network, IPC and host name spaces of its own, one core, 64 processes, an environment of five
  variables beside the task's: \`PATH\`, \`HOME\`, \`LC_ALL\`, \`OMP_NUM_THREADS=1\`, \`PYTHONHASHSEED=0\`.

## What is not kept from a process

- What lies in the worker's \`/usr\` is readable, \`/usr/local\` too. An owner who keeps secrets there must not allow processes.
- The processor's model, the kernel's version, the machine's load and memory (\`/proc\`), and by \`/proc/self/mountinfo\` the path
  of the worker's data folder.
- Faults of the kernel behind the calls that are allowed, and side channels of shared processors and caches.
`;
