// What a program's arithmetic depends on beside the program: the processor's instructions and the libraries of this machine's /usr.
import { existsSync, readFileSync, readlinkSync } from "node:fs";

/** Machines with equal toolsets are expected to compute the same; it is part of the calibration. */
export interface Toolset {
  /** The x86-64 level, from v1 to v4: libraries choose their code by it. */
  readonly level: string;
  /** Versions of the packages that compute, as the distribution numbers them. */
  readonly packages: Readonly<Record<string, string>>;
  /** Which library stands behind a name that the owner may point elsewhere. */
  readonly chosen: Readonly<Record<string, string>>;
}

/** Flags that each level adds, as the kernel names them. */
const levels: readonly (readonly [string, readonly string[]])[] = [
  ["v2", ["cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"]],
  ["v3", ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"]],
  ["v4", ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]],
];

/** Those that programs of the examples and most payers compute with; what isn't installed is left out. */
const PACKAGES = [
  "libc6",
  "libblas3",
  "libopenblas0-pthread",
  "libstdc++6",
  "nodejs",
  "perl-base",
  "python3-minimal",
  "python3-numpy",
  "python3-scipy",
  "python3-sklearn",
  "python3-torch",
  "python3-pandas",
];

const ALTERNATIVES = ["awk", "libblas.so.3-x86_64-linux-gnu", "liblapack.so.3-x86_64-linux-gnu"];

/** Reads this machine's. On a distribution without dpkg the packages are unknown, and only the level and the arithmetic tell. */
export function readToolset(): Toolset {
  const cpu = readText("/proc/cpuinfo");
  const flags = new Set(/^flags\s*: (.*)$/m.exec(cpu)?.[1]?.split(" "));
  let level = "v1";
  for (const [name, wanted] of levels) {
    if (!wanted.every((flag) => flags.has(flag))) break;
    level = name;
  }
  const links = ALTERNATIVES.map((name) => [name, `/etc/alternatives/${name}`] as const);
  const chosen = links.filter(([, path]) => existsSync(path)).map(([name, path]) => [name, readlinkSync(path)]);
  return { level, packages: packageVersions(readText("/var/lib/dpkg/status")), chosen: Object.fromEntries(chosen) };
}

/** Versions of the installed ones among the packages that compute, from dpkg's own list. */
export function packageVersions(status: string): Readonly<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const paragraph of status.split("\n\n")) {
    const name = /^Package: (.+)$/m.exec(paragraph)?.[1];
    if (name === undefined || !PACKAGES.includes(name) || !/^Status: .* installed$/m.test(paragraph)) continue;
    versions[name] = /^Version: (.+)$/m.exec(paragraph)?.[1] ?? "";
  }
  return versions;
}

/** The toolset in a line, for people. */
export function toolsetText({ level, packages }: Toolset): string {
  const told = ["libc6", "python3-minimal", "python3-numpy"].filter((name) => packages[name] !== undefined);
  return [`x86-64-${level}`, ...told.map((name) => `${name} ${packages[name]}`)].join(", ");
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
