// The attacks as images: the same Perl scripts as for processes, with Perl in the image. What a container has of its own is read, not only opened.
import { readFileSync } from "node:fs";
import { perlImage } from "../oci-images.ts";
import { type Attack, type AttackTable, attackNames, logOf } from "./attack.ts";
import { processAttacks } from "./process-attacks.ts";

const READ_MAX = 4_096;

/** Says everything that it could read of the files and folders that its arguments name. */
const READS = `#!/usr/bin/perl
use strict;
for (@ARGV) {
  if (opendir(my $d, $_)) { my @names = grep { !/^\\.+$/ } readdir $d; print "$_ has @names\\n" if @names }
  elsif (open(my $f, "<", $_)) { print "$_ says $b\\n" if sysread($f, our $b, ${READ_MAX}) }
}
print "done\\n";
`;

/** What a container finds under these paths, or null where that is nothing of the host's. */
export function reads(paths: (canaryFile: string) => readonly string[], betrays: (log: string) => boolean): Attack {
  return {
    attempt: ({ canaryFile }) => ({
      program: perlImage(new TextEncoder().encode(READS)),
      overrides: { args: paths(canaryFile), limits: ATTENTIVE },
    }),
    reached: (outcome, { canary }) => {
      const log = logOf(outcome);
      return log.endsWith("done\n") && !log.includes(canary) && !betrays(log)
        ? null
        : `${outcome.kind}: ${log.slice(-300)}`;
    },
  };
}

const MEBIBYTE = 1024 * 1024;
const ATTENTIVE = {
  timeoutMs: 60_000,
  memoryBytes: 64 * MEBIBYTE,
  outputBytes: MEBIBYTE,
  outputFiles: 10,
  logBytes: 65_536,
} as const;

/** Files and folders in which a machine keeps what is nobody else's business, and its hardware. */
const secrets = [
  "/etc/shadow",
  "/root",
  "/home",
  "/var",
  "/dev/mem",
  "/dev/sda",
  "/dev/vda",
  "/dev/kmsg",
  "/proc/kcore",
  "/sys",
];

/** Files of the host that everybody there may read, under the names that a container has files of its own for. */
const namesakes = ["/etc/passwd", "/etc/hostname", "/etc/resolv.conf", "/etc/hosts"];

function wrapped({ attempt, reached }: Attack): Attack {
  return {
    attempt: (targets) => {
      const { program, overrides } = attempt(targets);
      return { program: perlImage(program), ...(overrides === undefined ? {} : { overrides }) };
    },
    reached,
  };
}

const asImages = Object.fromEntries(
  attackNames.map((name) => {
    const attack = processAttacks[name];
    return [name, "impossible" in attack ? attack : wrapped(attack)];
  }),
) as AttackTable;

/** What the oci executor meets. */
export const ociAttacks: AttackTable = {
  ...asImages,
  "the host's secret files and devices": reads(
    () => secrets,
    (log) => log !== "done\n",
  ),
  "the host's readable files": reads(
    (canaryFile) => [
      "/etc/passwd",
      canaryFile,
      `/proc/1/root${canaryFile}`,
      `/proc/self/root${canaryFile}`,
      ...namesakes,
    ],
    (log) => namesakes.some((path) => log.includes(`${path} says ${readFileSync(path, "utf8").slice(0, READ_MAX)}`)),
  ),
};
