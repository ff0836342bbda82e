// Dependencies: exact pins, no install scripts, and no version with a known hole.
import { describe, expect, test } from "vitest";
import { files, packages, read } from "./repository.ts";

interface Manifest {
  readonly [group: string]: unknown;
}

const GROUPS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;
const EXACT = /^(workspace:\*|\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?)$/;

/** Advisory floors: the first version without the hole that is named beside it. */
const FLOORS: ReadonlyMap<string, string> = new Map([
  ["@libp2p/gossipsub", "15.0.23"], // CVE-2026-46679: one peer exhausts the heap by subscriptions
  ["@libp2p/crypto", "5.1.22"], // CVE-2026-110789: a crafted RSA key stalls the event loop
  ["@libp2p/kad-dht", "16.4.0"], // records and public keys are verified against what was requested
  ["libp2p", "0.38.0"], // CVE-2022-23487: no limits on resources
  ["@grpc/grpc-js", "1.14.5"], // CVE-2026-48068, -48069, -101916: one request kills the process
  ["protobufjs", "7.5.6"], // CVE-2026-41242: code execution from a hostile schema
  ["tar", "7.5.23"], // the path traversal series of 2026
]);

/** Never installed: its class of holes has no fixed version. */
const BANNED: readonly string[] = ["@libp2p/floodsub"];

/** Packages whose install script may run. Empty: prebuilt binaries come as npm packages. */
const MAY_BUILD: readonly string[] = [];

const manifests = files.filter((path) => /(^|\/)package\.json$/.test(path));
const lockfile = read("pnpm-lock.yaml");

/** `name` and `version` of every package in the lockfile. */
function locked(): readonly { name: string; version: string }[] {
  const section = lockfile.slice(lockfile.indexOf("\npackages:\n"), lockfile.indexOf("\nsnapshots:\n"));
  return [...section.matchAll(/^ {2}'?(@?[^@'\s]+)@(\d[^':(]*)'?:$/gm)].map(([, name = "", version = ""]) => ({
    name,
    version,
  }));
}

function isBelow(version: string, floor: string): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (const [index, least] of floor.split(".").map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

describe("dependencies", () => {
  test("every version is pinned exactly", () => {
    const loose: string[] = [];
    for (const path of manifests) {
      const manifest: Manifest = JSON.parse(read(path));
      for (const group of GROUPS) {
        for (const [name, range] of Object.entries(manifest[group] ?? {})) {
          if (!EXACT.test(String(range))) loose.push(`${path}: ${name} ${range}`);
        }
      }
    }
    expect(manifests.length).toBeGreaterThanOrEqual(packages.length + 1);
    expect(loose).toEqual([]);
  });

  test("the comparison of versions knows what is older", () => {
    expect(isBelow("1.14.4", "1.14.5")).toBe(true);
    expect(isBelow("1.9.9", "1.14.5")).toBe(true);
    expect(isBelow("1.14.5", "1.14.5")).toBe(false);
    expect(isBelow("2.0.0", "1.14.5")).toBe(false);
  });

  test("no installed package is older than its advisory floor", () => {
    const installed = locked();
    expect(installed.length).toBeGreaterThan(200);
    expect(installed.map((entry) => entry.name)).toEqual(expect.arrayContaining(["@grpc/grpc-js", "libp2p"]));
    const old = installed.filter(({ name, version }) => isBelow(version, FLOORS.get(name) ?? "0.0.0"));
    expect(old).toEqual([]);
    expect(installed.filter(({ name }) => BANNED.includes(name))).toEqual([]);
  });

  test("install scripts stay off, and fresh releases wait", () => {
    const workspace = read("pnpm-workspace.yaml");
    const allowed = [...workspace.matchAll(/^ {2}'?([^':]+)'?: true$/gm)].map((match) => match[1]);
    expect(allowed).toEqual(MAY_BUILD);
    expect(workspace).toMatch(/^allowBuilds:$/m);
    expect(workspace).not.toMatch(/dangerouslyAllowAllBuilds|onlyBuiltDependencies/);
    expect(Number(/^minimumReleaseAge: (\d+)$/m.exec(workspace)?.[1])).toBeGreaterThanOrEqual(3 * 24 * 60);
  });

  test("no lockfile names a registry", () => {
    const locks = files.filter((path) => /(pnpm-lock\.yaml|package-lock\.json)$/.test(path));
    expect(locks.length).toBeGreaterThanOrEqual(3);
    expect(locks.filter((path) => /https?:\/\//.test(read(path)))).toEqual([]);
  });
});
