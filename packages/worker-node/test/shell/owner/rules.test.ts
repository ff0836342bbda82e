// The owner's rules as options: what they mean, and that every mistake is named.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigError, loadConfig } from "@starling/node-kit";
import type { WorkerResources } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { workerOptions } from "../../../src/config.ts";
import { optionsIn } from "../../../src/home.ts";
import { lentDisk, lentResources, lentSettings, ownersWord, rulesOf } from "../../../src/shell/owner/rules.ts";
import { temporaryDirectory } from "../support.ts";

const settingsOf = (...args: readonly string[]) =>
  loadConfig(workerOptions, { args: ["--network", "n", ...args], environment: {} }).values;
const wordOf = (...args: readonly string[]) => ownersWord(settingsOf(...args));

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const cid = `cid:${"ab".repeat(32)}`;
const payer = `0x${"Cd".repeat(20)}`;
const machine: WorkerResources = {
  arch: "x86_64",
  cpuModel: "cpu",
  cpuCores: 8,
  memoryBytes: 1_000,
  diskBytes: 5_000,
  accelerators: [],
};

describe("the owner's rules", () => {
  test("are none by default, and the machine is lent as it is", () => {
    const word = wordOf();
    expect(lentResources(word, machine)).toEqual(machine);
    expect(rulesOf(word, machine)).toEqual({});
    expect(lentSettings(settingsOf("--slots", "9"), word, 2).slots).toBe(9);
    expect(lentDisk(settingsOf(), word, 10)).toBe(settingsOf().artifactBytes);
  });

  test("list hosts for containers, and say where there can be none", () => {
    const hosts = ["--allow-hosts", "API.example.org:443,192.168.0.7:80"];
    expect(rulesOf(wordOf("--allow-images", ...hosts), machine)).toEqual({
      hosts: new Set(["api.example.org:443", "192.168.0.7:80"]),
    });
    expect(problemsOf(() => wordOf(...hosts))).toEqual([expect.stringContaining("--allow-images is not given")]);
    const gvisor = ["--allow-images", "--docker-runtime", "runsc-ptrace"];
    expect(problemsOf(() => wordOf(...gvisor, ...hosts))).toEqual([expect.stringContaining("gVisor")]);
    expect(problemsOf(() => wordOf("--allow-images", "--allow-hosts", "*.org:443,a.org"))).toEqual([
      expect.stringContaining("--allow-hosts: "),
      expect.stringContaining("has no port"),
    ]);
  });

  test("name programs, payers, classes and hours", () => {
    const word = wordOf(
      ...["--allow-programs", cid, "--deny-payers", payer, "--classes", "wasm"],
      ...["--hours", "Mon 19:00-07:00, Sun"],
    );
    expect(word.classes).toEqual(new Set(["wasm"]));
    expect(rulesOf(word, machine)).toEqual({
      programs: { allow: new Set([cid]), deny: new Set() },
      payers: { deny: new Set([payer.toLowerCase()]) },
      hours: [
        { from: 1_140, to: 1_860 },
        { from: 8_640, to: 0 },
      ],
    });
  });

  test("lend a part, or so much", () => {
    const word = wordOf("--cpu-share", "50%", "--memory-share", "300B", "--disk-share", "10%");
    const lent = lentResources(word, machine);
    expect(lent).toMatchObject({ cpuCores: 4, memoryBytes: 300, diskBytes: 500 });
    expect(rulesOf(word, lent).memoryBytes).toBe(300);
    expect(lentSettings(settingsOf("--slots", "9"), word, 8).slots).toBe(4);
    expect(lentDisk(settingsOf(), word, 1_000)).toBe(100);
    // There is no more than there is.
    expect(lentResources(wordOf("--memory-share", "1Gi"), machine).memoryBytes).toBe(1_000);
  });

  test("are refused together, each by its name", () => {
    const problems = problemsOf(() =>
      wordOf(
        ...["--allow-programs", "x", "--deny-payers", "0x12", "--classes", "wasn", "--hours", "Monday"],
        ...["--cpu-share", "0", "--memory-share", "101%", "--disk-share", "lots"],
      ),
    );
    expect(problems.map((text) => text.split(":")[0])).toEqual([
      "--allow-programs",
      "--deny-payers",
      "--hours",
      "--classes",
      "--cpu-share",
      "--memory-share",
      "--disk-share",
    ]);
  });

  test("may stand in a file, where an unknown key names the nearest one", () => {
    const path = join(temporaryDirectory(), "worker.yaml");
    writeFileSync(path, `network: n\nhours: [Mon-Fri 19:00-07:00, Sat-Sun]\nmemoryShare: 50%\n`);
    const load = () => loadConfig(workerOptions, { args: ["--config", path], environment: {} }).values;
    expect(ownersWord(load()).rules.hours).toHaveLength(7);
    writeFileSync(path, "network: n\nhuors: [Sat]\n");
    expect(problemsOf(load)[0]).toContain("Did you mean hours?");
  });
});

describe("the worker's network", () => {
  function load(home: string, ...args: readonly string[]) {
    const environment = { STARLING_HOME: home };
    return () => loadConfig(optionsIn(environment), { args, environment }).values.network;
  }

  function homeWith(...files: readonly string[]): string {
    const home = temporaryDirectory();
    for (const file of files) {
      mkdirSync(dirname(join(home, file)), { recursive: true });
      writeFileSync(join(home, file), "{}");
    }
    return home;
  }

  test.each([
    [["network.json"], "network.json"],
    [["network.json", "devnet/network.json", "networks/a.json"], "network.json"],
    [["devnet/network.json"], "devnet/network.json"],
    [["networks/a.json", "networks/notes.txt"], "networks/a.json"],
  ])("is the one that its home knows: of %j %s", (files, found) => {
    const home = homeWith(...files);
    expect(load(home)()).toBe(join(home, found));
    expect(load(home, "--network", "another.json")()).toBe("another.json");
  });

  test("is asked for where there is none, or more than one, with what was found", () => {
    expect(problemsOf(load(homeWith()))).toEqual([
      expect.stringMatching(
        /^--network is missing\. Give it, or set STARLING_NETWORK\. There is none in .*network\.json either/,
      ),
    ]);
    const several = problemsOf(load(homeWith("networks/a.json", "networks/b.json", "devnet/network.json")));
    expect(several[0]).toMatch(/several to choose from: .*a\.json, .*b\.json, .*devnet.network\.json; a copy in /);
  });
});

describe("the worker's folder", () => {
  test("is in the folder that STARLING_HOME names, unless an option says otherwise", () => {
    const folderIn = (environment: Record<string, string>, ...args: readonly string[]) =>
      loadConfig(optionsIn(environment), { args: ["--network", "n", ...args], environment, home: "/homes/ada" }).values
        .dataDir;
    expect(folderIn({})).toBe("/homes/ada/.starling/worker");
    expect(folderIn({ STARLING_HOME: "/srv/net" })).toBe("/srv/net/worker");
    expect(folderIn({ STARLING_HOME: "/srv/net", STARLING_DATA_DIR: "/other" })).toBe("/other");
    expect(folderIn({ STARLING_HOME: "/srv/net" }, "--data-dir", "/third")).toBe("/third");
  });
});
