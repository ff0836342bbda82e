// Where a container's groups are is read from what the kernel says of its process, on every layout of control groups that machines have.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { usageIn } from "../../src/shell/executors/oci/groups.ts";
import { groupsOfProcess } from "../../src/shell/executors/oci/sampled-usage.ts";

const id = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/** Debian 12 and later, Docker with the systemd driver. */
const unified = {
  mountinfo: `22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
28 23 0:25 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`,
  cgroup: `0::/system.slice/docker-${id}.scope\n`,
};

/** Debian 10, or 12 that was started with the old hierarchy: systemd's own beside one for each controller. */
const legacy = {
  mountinfo: `25 18 0:22 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:8 - tmpfs tmpfs ro,mode=755
26 25 0:23 / /sys/fs/cgroup/unified rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate
27 25 0:24 / /sys/fs/cgroup/systemd rw,nosuid,nodev,noexec,relatime shared:10 - cgroup cgroup rw,xattr,name=systemd
30 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid,nodev,noexec,relatime shared:14 - cgroup cgroup rw,cpu,cpuacct
31 25 0:28 / /sys/fs/cgroup/memory rw,nosuid,nodev,noexec,relatime shared:15 - cgroup cgroup rw,memory
`,
  cgroup: `9:memory:/system.slice/docker-${id}.scope
4:cpu,cpuacct:/system.slice/docker-${id}.scope
1:name=systemd:/system.slice/docker-${id}.scope
0::/system.slice/docker-${id}.scope
`,
};

/** A virtual machine of a cloud: one mount for each controller, and an empty new hierarchy. */
const hybrid = {
  mountinfo: `57 46 0:43 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
58 57 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
59 57 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
61 57 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
67 57 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`,
  cgroup: `4:memory:/starling-oci-key/task-1/${id}
2:cpuacct:/starling-oci-key/task-1/${id}
1:cpu:/starling-oci-key/task-1/${id}
0::/starling-oci-key/task-1/${id}
`,
};

/** A worker that is in a container itself and shares the host's groups, of which it sees those below its own. */
const nested = {
  mountinfo: `90 80 0:28 /docker/outer /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
91 80 0:29 /docker/outer /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
`,
  cgroup: `4:memory:/docker/outer/docker/${id}
2:cpuacct:/docker/elsewhere
`,
};

function machine(layout: { readonly mountinfo: string; readonly cgroup: string }): string {
  const root = mkdtempSync(join(tmpdir(), "sampled-usage-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of [
    ["proc/self/mountinfo", layout.mountinfo],
    ["proc/77/cgroup", layout.cgroup],
  ] as const) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

describe("the groups of a container's process", () => {
  test.each([
    ["the new hierarchy", unified, [`/sys/fs/cgroup/system.slice/docker-${id}.scope`]],
    [
      "the old one",
      legacy,
      [
        `/sys/fs/cgroup/memory/system.slice/docker-${id}.scope`,
        `/sys/fs/cgroup/cpu,cpuacct/system.slice/docker-${id}.scope`,
        `/sys/fs/cgroup/systemd/system.slice/docker-${id}.scope`,
        `/sys/fs/cgroup/unified/system.slice/docker-${id}.scope`,
      ],
    ],
    [
      "both",
      hybrid,
      ["memory", "cpuacct", "cpu", "unified"].map((name) => `/sys/fs/cgroup/${name}/starling-oci-key/task-1/${id}`),
    ],
    ["a part of the old one", nested, [`/sys/fs/cgroup/memory/docker/${id}`]],
  ])("are found on %s", (_name, layout, folders) => {
    const root = machine(layout);
    expect(groupsOfProcess(77, root)).toEqual(folders.map((folder) => join(root, folder)));
  });

  test("say what was used in the words of either version", () => {
    const [group = ""] = groupsOfProcess(77, machine(unified));
    write(group, { "cpu.stat": "usage_usec 2500\nuser_usec 2000\nsystem_usec 500\n", "memory.peak": "900\n" });
    expect(usageIn([group])).toEqual({ cpuMs: 2.5, peakMemoryBytes: 900, outOfMemory: false });
    const old = groupsOfProcess(77, machine(legacy));
    const [memory = "", cpu = ""] = old;
    write(memory, { "memory.max_usage_in_bytes": "800\n" });
    write(cpu, { "cpuacct.usage": "3500000\n", "cpu.stat": "nr_periods 1\nnr_throttled 0\n" });
    expect(usageIn(old)).toEqual({ cpuMs: 3.5, peakMemoryBytes: 800, outOfMemory: false });
  });

  test("that keep no peak say what they have now, and those that are gone nothing", () => {
    const [group = ""] = groupsOfProcess(77, machine(unified));
    write(group, { "cpu.stat": "usage_usec 1000\n", "memory.current": "700\n" });
    expect(usageIn([group])).toMatchObject({ cpuMs: 1, peakMemoryBytes: 700 });
    expect(usageIn([join(group, "gone")])).toEqual({ cpuMs: 0, peakMemoryBytes: 0, outOfMemory: false });
  });
});
