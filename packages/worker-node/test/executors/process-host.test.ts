// What the process executor finds on a machine: control groups of both versions, packages, and whether a probe's findings will do.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { CgroupTree } from "../../src/shell/executors/process/cgroup/group.ts";
import { findCgroups } from "../../src/shell/executors/process/cgroup/mounts.ts";
import { containmentProblem } from "../../src/shell/executors/process/probe.ts";
import { packageVersions } from "../../src/shell/executors/process/toolset.ts";

/** A folder that looks like a machine with these files. */
function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "host-test-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const UNIFIED = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n";

describe("control groups", () => {
  test("of version 2 get their limits, and the controllers are handed down", () => {
    const root = machine({
      "proc/self/mounts": UNIFIED,
      "proc/self/cgroup": "0::/user.slice\n",
      "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids\n",
    });
    const mounts = findCgroups(root);
    const folder = join(root, "sys/fs/cgroup");
    expect(mounts).toEqual({ version: "v2", folder });
    if (mounts.version !== "v2") return;
    const group = join(folder, "starling-key/task");
    mkdirSync(group, { recursive: true });
    for (const file of ["memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.max"])
      writeFileSync(join(group, file), "");
    const made = new CgroupTree(mounts, "key").open("task", { memoryBytes: 1_000, processes: 7, cpus: 0.5 });
    const text = (file: string): string => readFileSync(join(group, file), "utf8");
    expect(readFileSync(join(folder, "cgroup.subtree_control"), "utf8")).toBe("+memory +pids +cpu");
    expect(readFileSync(join(folder, "starling-key/cgroup.subtree_control"), "utf8")).toBe("+memory +pids +cpu");
    expect([text("memory.max"), text("memory.swap.max"), text("memory.oom.group")]).toEqual(["1000", "0", "1"]);
    expect([text("pids.max"), text("cpu.max")]).toEqual(["7", "50000 100000"]);
    writeFileSync(join(group, "memory.peak"), "900\n");
    writeFileSync(join(group, "memory.events"), "low 0\noom 1\noom_kill 2\n");
    writeFileSync(join(group, "cpu.stat"), "usage_usec 2500\nuser_usec 1\n");
    expect(made.usage()).toEqual({ cpuMs: 2.5, peakMemoryBytes: 900, outOfMemory: true });
  });

  test("of version 1 lie below the worker's own, one for each controller", () => {
    const mount = (name: string) => `cgroup /sys/fs/cgroup/${name} cgroup rw,${name} 0 0\n`;
    const root = machine({
      "proc/self/mounts": ["memory", "pids", "cpu,cpuacct"].map(mount).join(""),
      "proc/self/cgroup": "3:memory:/box/worker\n2:pids:/\n1:cpu,cpuacct:/gone\n",
      "sys/fs/cgroup/memory/box/worker/tasks": "",
      "sys/fs/cgroup/cpu,cpuacct/tasks": "",
    });
    const at = (path: string): string => join(root, "sys/fs/cgroup", path);
    expect(findCgroups(root)).toEqual({
      version: "v1",
      folders: {
        memory: at("memory/box/worker"),
        pids: at("pids"),
        cpu: at("cpu,cpuacct"),
        cpuacct: at("cpu,cpuacct"),
      },
    });
  });

  test("that can't bound everything are none, and what is missing is named", () => {
    const found = (files: Readonly<Record<string, string>>) => findCgroups(machine(files));
    expect(found({ "proc/self/mounts": "" })).toEqual({ version: "none", missing: "no control groups are mounted" });
    const partly = { "proc/self/mounts": UNIFIED, "sys/fs/cgroup/cgroup.controllers": "cpu pids\n" };
    expect(found(partly)).toMatchObject({ version: "none", missing: expect.stringContaining("controller memory") });
  });

  test("a limit that the kernel has no file for is an error, not a task without it", () => {
    const root = machine({ "sys/fs/cgroup/cgroup.controllers": "" });
    const tree = new CgroupTree({ version: "v2", folder: join(root, "sys/fs/cgroup") }, "key");
    expect(() => tree.open("task", { memoryBytes: 1, processes: 1, cpus: 1 })).toThrow("no memory.max");
    expect(existsSync(join(root, "sys/fs/cgroup/starling-key/task/memory.max"))).toBe(false);
  });
});

test("versions are those of installed packages that compute", () => {
  const status = [
    "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9",
    "Package: python3-numpy\nStatus: deinstall ok config-files\nVersion: 1:1.24",
    "Package: vim\nStatus: install ok installed\nVersion: 9",
  ].join("\n\n");
  expect(packageVersions(status)).toEqual({ libc6: "2.36-9" });
});

describe("a probe", () => {
  const good = [
    "Uid:\t312493056\t312493056\t312493056\t312493056",
    "Groups:\t312493056 ",
    "CapEff:\t0000000000000000",
    "CapBnd:\t0000000000000000",
    "NoNewPrivs:\t1",
    "Seccomp:\t2",
    "interfaces: lo ",
    "root: bin dev etc in lib lib64 log out proc program progress sbin tmp usr",
  ];
  const with_ = (line: number, text: string): string => good.map((one, i) => (i === line ? text : one)).join("\n");

  test("that found itself contained is good", () => {
    expect(containmentProblem(good.join("\n"))).toBeNull();
  });

  test.each([
    [0, "Uid:\t0\t0\t0\t0", "no user of its own"],
    [0, "Uid:\t312493056\t0\t0\t312493056", "no user of its own"],
    [1, "Groups:\t0 27", "groups of this machine"],
    [2, "CapEff:\t00000000000000c0", "had capabilities"],
    [3, "CapBnd:\t000001ffffffffff", "regained capabilities"],
    [4, "NoNewPrivs:\t0", "gained privileges"],
    [5, "Seccomp:\t0", "were not filtered"],
    [6, "interfaces: lo eth0 ", "network interfaces"],
    [7, "root: bin dev etc home in lib log out proc program progress tmp usr", "other folders"],
    [7, "usr: written", "wrote to /usr"],
    [7, "unshare: done", "made a namespace"],
  ])("that found line %i to be %s is not", (line, text, problem) => {
    expect(containmentProblem(with_(line, text))).toContain(problem);
  });
});
