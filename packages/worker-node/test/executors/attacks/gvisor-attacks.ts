// The same attacks over gVisor, whose own kernel answers: sockets and calls that it has are not the machine's, so what counts is whether the machine was reached.
import { release } from "node:os";
import { perlImage } from "../oci-images.ts";
import { type Attack, type AttackTable, failedBy, logOf, said } from "./attack.ts";
import { ociAttacks, reads } from "./oci-attacks.ts";

const MEBIBYTE = 1024 * 1024;
const BOUNDS = {
  timeoutMs: 60_000,
  memoryBytes: 64 * MEBIBYTE,
  outputBytes: 65_536,
  outputFiles: 10,
  logBytes: 65_536,
};

function attackOf(name: keyof AttackTable): Attack {
  const attack = ociAttacks[name];
  if ("impossible" in attack) throw new Error(`${name} is possible in containers`);
  return attack;
}

/** Which kernel answers: its version, and what it says of its start, which is gVisor's alone. */
const KERNEL = `#!/usr/bin/perl
my $u = "\\0" x 400; syscall(63, $u); print "version ", unpack("Z65", substr($u, 130)), "\\n";
my $b = "\\0" x 8192; my $n = syscall(103, 3, $b, 8192);
print "says ", ($n > 0 ? substr($b, 0, $n) : ""), "\\n";
my $p = fork; if (!$p) { $! = 0; my $r = syscall(272, 0x10000000); exit(0) } waitpid($p, 0);
my ($none, $folder, $type, $device) = ("none", "/tmp/m", "tmpfs", "/tmp/device");
mkdir $folder; print "mounted\\n" if syscall(165, $none, $folder, $type, 0, 0) == 0;
print "device\\n" if syscall(133, $device, 0x2180, 0x0101) == 0 and open(my $d, "<", $device);
print "done\\n";
`;

/** What the oci executor meets where its runtime is gVisor. */
export const gvisorAttacks: AttackTable = {
  ...ociAttacks,
  "fork bomb": {
    ...attackOf("fork bomb"),
    // Its processes are memory of the one program that gVisor is.
    reached: (outcome, { leftovers }) => failedBy(outcome, "memory") ?? (leftovers().join(", ") || null),
  },
  "the host's secret files and devices": reads(
    () => [
      ...["/etc/shadow", "/root", "/home", "/var", "/dev/mem", "/dev/sda", "/dev/vda", "/dev/kmsg", "/proc/kcore"],
      // Folders of hardware, of which its own /sys has none but its own network.
      ...["/sys/block", "/sys/class/net", "/sys/class/dmi", "/sys/firmware", "/sys/module", "/sys/kernel/security"],
    ],
    (log) => log !== "/sys/class/net has lo\ndone\n",
  ),
  "TCP to the host's loopback": {
    ...attackOf("TCP to the host's loopback"),
    reached: (outcome, { connections }) =>
      said(outcome, "socket\ndone\n") ?? (connections() === 0 ? null : "it connected"),
  },
  "the kernel's surface: namespaces, io_uring, keys, bpf, perf, tracing, mounts": {
    attempt: () => ({ program: perlImage(new TextEncoder().encode(KERNEL)), overrides: { limits: BOUNDS } }),
    reached: (outcome) => {
      const log = logOf(outcome);
      const isOwn = /^version \d/.test(log) && !log.includes(release()) && log.includes("Starting gVisor");
      return isOwn && log.endsWith("done\n") && !/^(mounted|device)$/m.test(log) ? null : log.slice(0, 600);
    },
  },
};
