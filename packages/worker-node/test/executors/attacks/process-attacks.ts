// The attacks as Perl scripts: it is part of every Debian, and can make any system call. They are run inside the executor's sandbox only.
import type { RunOutcome, TaskRun } from "../../../src/shell/executors/executor.ts";
import { LIMITS } from "../support.ts";
import { type Attack, type AttackTable, failedBy, logOf, said, type Targets } from "./attack.ts";

const MEBIBYTE = 1024 * 1024;

/** Where a process is stopped: far below what the attacks ask for. */
const BOUNDS = {
  ...LIMITS,
  memoryBytes: 64 * MEBIBYTE,
  outputBytes: 8 * MEBIBYTE,
  outputFiles: 100,
  timeoutMs: 60_000,
};
const SHORT = { ...BOUNDS, timeoutMs: 1_000 };

/** Processes of a task that the executor lets there be, with its own few. */
const PROCESSES_MAX = 64;
const SCRATCH_MEBIBYTES = 16;

interface Script {
  readonly perl: string;
  readonly args?: (targets: Targets) => readonly string[];
  readonly overrides?: Partial<TaskRun>;
  readonly reached: (outcome: RunOutcome, targets: Targets) => string | null;
}

function attack({ perl, args, overrides, reached }: Script): Attack {
  const program = new TextEncoder().encode(`#!/usr/bin/perl\nuse strict; $| = 1;\n${perl}\n`);
  return {
    attempt: (targets) => ({ program, overrides: { limits: BOUNDS, args: args?.(targets) ?? [], ...overrides } }),
    reached,
  };
}

/** Tries to open what its arguments name, and says what it could. */
const OPENS = 'for (@ARGV) { print "$_ opened\\n" if open(my $f, "<", $_) or opendir(my $d, $_) }\nprint "done\\n";';

/** Numbers on x86-64, with arguments that would do something. */
const CALLS = `
my $b = "\\0" x 256;
my %calls = (unshare => [272, 0x10000000], setns => [308, 0, 0], io_uring_setup => [425, 8, $b], keyctl => [250, 0, -3, 1],
  add_key => [248, "user", "a", "b", 1, -3], bpf => [321, 0, $b, 72], perf_event_open => [298, $b, 0, -1, -1, 0],
  ptrace => [101, 16, 1, 0, 0], mount => [165, "none", "/tmp", "tmpfs", 0, 0], pivot_root => [155, "/tmp", "/tmp"],
  userfaultfd => [323, 0], process_vm_readv => [310, 1, $b, 1, $b, 1, 0], open_by_handle_at => [304, 0, $b, 0],
  personality => [135, 0x0040000], kexec_load => [246, 0, 0, $b, 0], init_module => [175, $b, 1, ""], syslog => [103, 3, $b, 8],
  clone3 => [435, $b, 88], mknod => [133, "/tmp/device", 0x2180, 0x0101], setuid => [105, 0]);
for (sort keys %calls) {
  $! = 0;
  my $answer = syscall($calls{$_}[0], @{$calls{$_}}[1 .. $#{$calls{$_}}]);
  print "$_ reached the kernel\\n" unless $answer == -1 and ($! == 1 or $! == 38);
}
print "done\\n";`;

/** Perl's own sockets, so that nothing beside perl-base is needed. */
const CONNECTS_UNIX = `
use Socket;
for my $name ($ARGV[0], "\\0$ARGV[1]") {
  socket(my $s, AF_UNIX, SOCK_STREAM, 0) or next;
  print "connected\\n" if connect($s, pack_sockaddr_un($name));
}
print "done\\n";`;

/** What the process executor meets. */
export const processAttacks: AttackTable = {
  "fork bomb": attack({
    perl: "my $n = 0; for (1 .. 500) { my $p = fork; last unless defined $p; if (!$p) { sleep 60; exit } $n++ } print $n;",
    reached: (outcome, { leftovers }) => {
      const forked = Number(logOf(outcome));
      if (!(forked > 0 && forked < PROCESSES_MAX)) return `${outcome.kind}: forked ${logOf(outcome)}`;
      return leftovers().join(", ") || null;
    },
  }),
  "memory in the program": attack({
    perl: 'my @held; push @held, "x" x 1048576 for 1 .. 1024; print "held";',
    reached: (outcome) => failedBy(outcome, "memory"),
  }),
  "memory under /dev/shm and /tmp": attack({
    perl: `my $x = "x" x 1048576;
for my $d ("/dev/shm", "/tmp") {
  my $n = 0;
  while ($n < 300 and open(my $f, ">", "$d/$n")) { last if (syswrite($f, $x) // 0) < 1048576; $n++ }
  print "$n ";
}`,
    overrides: { limits: { ...BOUNDS, memoryBytes: 128 * MEBIBYTE } },
    reached: (outcome) => said(outcome, `${SCRATCH_MEBIBYTES} ${SCRATCH_MEBIBYTES} `),
  }),
  "endless loop": attack({
    perl: "1 while 1;",
    overrides: { limits: SHORT },
    reached: (outcome) => (outcome.kind === "timedOut" ? null : outcome.kind),
  }),
  "daemonised child that ignores signals": attack({
    perl: `if (!fork) { $SIG{$_} = "IGNORE" for qw(TERM INT HUP QUIT); syscall(112); if (!fork) { 1 while 1 } exit } print "left";`,
    reached: (outcome, { leftovers }) => said(outcome, "left") ?? (leftovers().join(", ") || null),
  }),
  "disk fill": attack({
    perl: `my $x = "x" x 1048576; my $n = 0; for my $i (1 .. 20) { open(my $f, ">", "/out/$i") or last; for (1 .. 20) { $n += syswrite($f, $x) // last } }
print $n; exit 1;`,
    reached: (outcome) =>
      Number(logOf(outcome)) > BOUNDS.outputBytes + 4_096
        ? `wrote ${logOf(outcome)}`
        : failedBy(outcome, "outputTooLarge"),
  }),
  "inode fill": attack({
    perl: 'for (1 .. 200000) { open(my $f, ">", "/out/$_") or last } exit 0;',
    reached: (outcome) => failedBy(outcome, "outputTooLarge", "memory"),
  }),
  "the host's secret files and devices": attack({
    perl: OPENS,
    args: () => [
      "/etc/shadow",
      "/root",
      "/home",
      "/var",
      "/dev/mem",
      "/dev/sda",
      "/dev/vda",
      "/dev/kmsg",
      "/proc/kcore",
      "/sys/kernel",
    ],
    reached: (outcome) => said(outcome, "done\n"),
  }),
  "the host's readable files": attack({
    perl: OPENS,
    args: ({ canaryFile }) => [
      "/etc/passwd",
      "/etc/hostname",
      canaryFile,
      `/proc/1/root${canaryFile}`,
      `/proc/self/root${canaryFile}`,
    ],
    reached: (outcome) => said(outcome, "done\n"),
  }),
  "other processes' environment": attack({
    perl: 'for my $p (glob "/proc/[0-9]*/environ /proc/[0-9]*/cmdline") { open(my $f, "<", $p) or next; local $/; print <$f> } print "done";',
    reached: (outcome, { canary }) => {
      const log = logOf(outcome);
      return log.endsWith("done") && !log.includes(canary) ? null : `${outcome.kind}: it read ${log.slice(0, 300)}`;
    },
  }),
  "TCP to the host's loopback": attack({
    perl: `use Socket; if (socket(my $s, PF_INET, SOCK_STREAM, 0)) { print "socket\\n"; print "connected\\n" if connect($s, pack_sockaddr_in($ARGV[0], inet_aton("127.0.0.1"))) } print "done\\n";`,
    args: ({ port }) => [String(port)],
    reached: (outcome, { connections }) => said(outcome, "done\n") ?? (connections() === 0 ? null : "it connected"),
  }),
  "the host's Unix sockets, by path and abstract": attack({
    perl: CONNECTS_UNIX,
    args: ({ socketPath, abstractName }) => [socketPath, abstractName],
    reached: (outcome, { connections }) => said(outcome, "done\n") ?? (connections() === 0 ? null : "it connected"),
  }),
  vsock: attack({
    perl: 'print "socket\\n" if syscall(41, 40, 1, 0) >= 0; print "done\\n";',
    reached: (outcome) => said(outcome, "done\n"),
  }),
  "killing other processes": attack({
    perl: 'my $n = kill("KILL", @ARGV); $SIG{TERM} = "IGNORE"; kill("TERM", -1); print "killed $n\\n";',
    args: ({ bystander }) => [String(bystander)],
    reached: (outcome, { bystanderLives }) => (bystanderLives() ? said(outcome, "killed 0\n") : "it killed"),
  }),
  "the kernel's surface: namespaces, io_uring, keys, bpf, perf, tracing, mounts": attack({
    perl: CALLS,
    reached: (outcome) => said(outcome, "done\n"),
  }),
  "log flood": attack({
    perl: 'my $x = "x" x 65536; syswrite(STDOUT, $x) while 1;',
    overrides: { limits: SHORT },
    reached: (outcome) => {
      const { length } = logOf(outcome);
      return outcome.kind === "timedOut" && length < SHORT.logBytes + 100 ? null : `${outcome.kind}: ${length} kept`;
    },
  }),
  "more CPU than one core": attack({
    perl: "fork; fork; 1 while 1;",
    overrides: { limits: SHORT },
    reached: (outcome) => {
      if (outcome.kind !== "timedOut") return outcome.kind;
      const { cpuMs, wallMs } = outcome.usage;
      return cpuMs <= wallMs * 1.2 ? null : `${Math.round(cpuMs)} ms of CPU time in ${Math.round(wallMs)} ms`;
    },
  }),
  "hostile files among the outputs": attack({
    perl: `symlink($ARGV[0], "/out/link"); symlink("/proc/self/environ", "/out/self"); mkdir "/out/folder"; my $pipe = "/out/pipe"; syscall(133, $pipe, 0x1180, 0);
symlink("/etc", "/out/etc"); print "made";`,
    args: ({ canaryFile }) => [canaryFile],
    overrides: {
      outputs: ["link", "self", "folder", "pipe", "etc/ld.so.cache"].map((path, i) => ({ name: `o${i}`, path })),
    },
    reached: (outcome) => failedBy(outcome, "missingOutput"),
  }),
};
