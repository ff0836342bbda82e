// The page about isolation, made of what the attacks were met with.
import { type AttackName, attackNames } from "./attack.ts";

/** What an executor did about each attack. */
export type Verdicts = ReadonlyMap<AttackName, string>;

/** The executors in the table, in its order. */
export const columnNames = ["wasm", "process", "process, own root", "oci", "oci, gVisor"] as const;

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
a root of the job's and in containers are made in the long run of the tests, the latter over runc and over gVisor.

gVisor has a kernel of its own, which has sockets, calls and a \`/sys\` that are not the machine's. There an attack is contained where
that kernel answered and nothing of the machine was reached; over runc, where the call itself was refused. gVisor's containers hear
no progress from their tasks and reach no hosts, and the processor time of a task has that of gVisor in it.

## What a process sees

- The worker's own \`/usr\`, read-only, with \`/etc/alternatives\` and the loader's list; nothing else of the host's files.
- \`/ckpt\` where the job asks for checkpoints: files in memory, as many bytes as it asks for. The worker reads it through descriptors, follows no link,
  waits for no pipe, and takes plain files with plain names alone, at most 256 of them.
- \`/program\`, \`/in/<name>\` (read-only), \`/out\` (files in memory, as many bytes as the task may leave behind), \`/tmp\` and
  \`/dev/shm\` (16 MiB each, of the task's memory), \`/progress\`.
- A user of its own, process, network, IPC and host name spaces of its own, one core, 64 processes, an environment of five
  variables beside the task's: \`PATH\`, \`HOME\`, \`LC_ALL\`, \`OMP_NUM_THREADS=1\`, \`PYTHONHASHSEED=0\`.

## What a process with a root file system of its own sees

- The files of the job's archive as \`/\`, read-only, and the folders above laid over it. Nothing of the worker's \`/usr\`, and no
  \`LC_ALL\`.
- Users, rights and times of the archive count for nothing: every file is nobody's, may be read by all and run where the archive says so. No
  program of it runs before root's user and all capabilities are given up: what goes into it is a few hundred bytes of machine code.

The archive (plain or gzip, at most 2 GiB unpacked, 200,000 files, 24 MiB of paths) is looked through before anything is written. Refused are paths that lead out or
through links, files named twice, devices, pipes, sparse files, hard links to what is not a file of the archive, anything where the sandbox
mounts its own, and what two readers of archives could take differently. It is unpacked once into \`roots\` in the worker's folder
(\`--rootfs-bytes\`), kept by content id, compared with its digest at its first use in a worker's life and again every ten minutes, and removed when
others need the room.

## What a container sees

- Its image, of which a task can change nothing, and \`/in\`, \`/out\`, \`/tmp\`, \`/dev/shm\` and \`/progress\` as a process does. Docker's own
  \`/etc/hostname\`, \`/etc/hosts\` and \`/etc/resolv.conf\`, without anything of the host's.
- Of an image's configuration its entry point, command, environment and folder count. Its user, volumes, health checks and names do not:
  volumes would be room on the owner's disk without a limit, and a name could take that of an image which the owner uses.
- No network: a container has nothing but a loopback interface of its own, and can make no socket that would use it. Hosts are the exception
  below.
- What it says on standard output and on standard error is kept in one log. Each is in its order; between the two the order may be another one.

### Hosts

A job may ask for hosts (\`needs: {hosts: [api.example.org:443]}\`), of which an owner lists those that he lets tasks reach
(\`--allow-hosts\`; none by default). Workers that do not list all of them decline before anything is leased, and \`starling job explain\` says so.

- The container keeps its own network with no way out. On \`127.0.0.1:3128\` of that network the worker itself listens, as an HTTP proxy (CONNECT, and
  requests for \`http://\`), which \`HTTP_PROXY\`, \`HTTPS_PROXY\` and their lower-case forms name. The program begins when it is there. Programs that
  know no proxies reach nothing; the only sockets are TCP over IPv4, and no other stream's (SCTP, SMC, MPTCP).
- The proxy passes on what goes to a listed name with its port, and nothing else. It asks the name servers itself (not \`/etc/hosts\`), once for each connection, and
  connects to the address that it looked at: one of the public internet. Loopback, private, link-local, shared (100.64.0.0/10), multicast, mapped, translated
  and reserved addresses are refused whatever a name says, and so are the machine's own, unless the owner lists that address itself with its port.
- At most 32 connections to hosts at one time, however a program asks for them, 10,000 in all, 2 minutes of silence, and \`--host-bytes\` of one
  task in both directions together; then it is cut off. The bytes are in the usage of the attempt.
- What a task says inside an encrypted connection the owner doesn't see: it is said from his address. Who stands behind a listed name, and which other
  names the same servers have, is for the owner to know.
- A host may answer each worker differently, so that whoever owns it could choose whose result is wrong. Nobody is fined or excluded for an
  answer of a step with hosts: its leases name a fine of nothing, workers decline others, and an answer that loses against others is unpaid, no more.
  A job gets equal answers only where its hosts say the same to everybody; \`trust: spot\` asks one worker.
- Over runc alone. Sockets end with the worker, also where it is killed.

An image is looked through before Docker unpacks it: its size as a disk counts it, device nodes, sparse files. An archive that another reader
could take otherwise (content behind a folder, sizes in extended headers, other compressions, anything after its end) is refused, since Docker is
another reader. It is read as it comes: whatever it unpacks to, it costs the worker less than 100 MiB of memory. Over its own
files lies one of the worker's, \`/etc/group\`: Docker looks up even the number of a task's group among the names in there.

### Images out of registries

A job may name an image by its digest (\`run: {image: "registry.example/name@sha256:..."}\`), and an owner lists from where images may come
(\`--pull-images\`; nowhere by default): registries, beginnings of repositories, or single images. Workers that do not list the place decline before
anything is leased, and \`starling job explain\` says so.

- The worker pulls by itself and Docker asks no registry for anything: an image is looked through before Docker has it, and the owner's credentials
  are never used. Registries that give tokens to everybody are asked for one.
- Every part is checked against the digest that names it, and is no larger than it says; what an image says of its size is known before its layers
  are fetched (8 GiB packed). A pull takes four minutes at most, one at a time for each
  payer, and ends when nobody waits for it any more; at most 8 GiB lie packed beside Docker. Images in archives do not wait for any.
- A registry is spoken to over TLS, but on \`localhost\` and \`127.0.0.0/8\`. Where it sends on, for blobs or for a token, must be encrypted and, unless it
  is the registry itself, have an address of the public internet; of what is found there nothing is told but that it could not be reached.
- An image that the registry does not have, or not for everybody, is told to the payer as his to mend. A registry that can't be reached is
  nobody's fault: the task goes elsewhere, the worker is not asked for it again for ten minutes, and \`starling job explain\` says so.

What Docker has been given is kept for the next task under a name of the worker's own (64 images, 32 GiB), the least recently used go first, and all of it goes
when the worker ends or starts. Where a worker is killed its processes die with it; its containers run on, without a network, until it is started
again: what starts it should start it again by itself (\`Restart=always\`). Images that the owner has under other names stay, also where their layers are the same.

## What is not kept from a process or a container

- A process can read what lies in the worker's \`/usr\`, \`/usr/local\` too. An owner who keeps secrets there must not allow processes.
- The processor's model, the kernel's version, the machine's load and memory (\`/proc\`), and by \`/proc/self/mountinfo\` the path
  of the worker's data folder.
- Room for images: 8 GiB for each on Docker's disk and 32 GiB in all, and 8 GiB in the worker's folder for all that are pulled. A registry that is listed
  sees the worker's address, and one that is slow keeps those waiting who pull.
- From a container with a GPU: the vendor's driver in the kernel, and hooks of NVIDIA's container toolkit, which run as root on files of a stranger's image. A
  worker offers none by a toolkit older than 1.17.8 (\`docs/gpus.md\`).
- Faults of the kernel behind the calls that are allowed, and side channels of shared processors and caches.
`;
