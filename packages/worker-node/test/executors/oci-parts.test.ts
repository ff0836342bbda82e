// The parts of the `oci` executor that need no Docker: what it is asked for, what it must be able to do, and how its answers are read.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { EngineInfo } from "@starling/node-kit";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { FramedLog } from "../../src/shell/executors/oci/container.ts";
import { ContainerGroups, groupMounts } from "../../src/shell/executors/oci/groups.ts";
import { engineProblem } from "../../src/shell/executors/oci/host.ts";
import { containerOptions } from "../../src/shell/executors/oci/plan.ts";
import { containmentProblem } from "../../src/shell/executors/oci/probe.ts";
import { ociExecutor } from "./oci-support.ts";
import { task, unhurried } from "./support.ts";

const image = { entrypoint: ["/a"], command: ["b"], env: { HOME: "/home", X: "image" }, directory: "/d", layers: [] };
const folders = { inputs: "/h/in", output: "/h/out", progress: "/h/progress", gate: "/h/gate" };
const plan = {
  task: task(new Uint8Array(), { env: { X: "task" } }),
  image,
  imageName: "starling-key:1",
  folders,
  uid: 1_900_000_001,
  runtime: "runc",
  label: "starling.worker=key",
  groupParent: "/starling-oci-key/task-1",
  gpu: null,
  reach: null,
};

describe("a container", () => {
  test("has no capabilities, network, writable root, log on disk or privileges to gain, and a user of its own", () => {
    const { HostConfig, ...options } = containerOptions(plan);
    expect(HostConfig).toMatchObject({
      CapDrop: ["ALL"],
      NetworkMode: "none",
      ReadonlyRootfs: true,
      IpcMode: "private",
      PidsLimit: 64,
      NanoCpus: 1e9,
      LogConfig: { Type: "none" },
      RestartPolicy: { Name: "no" },
      CgroupParent: plan.groupParent,
    });
    expect(HostConfig?.Memory).toBe(HostConfig?.MemorySwap);
    expect(HostConfig?.Binds).toEqual(["/h/in:/in:ro", "/h/out:/out:rw", "/h/progress:/progress:rw"]);
    expect(HostConfig?.SecurityOpt?.[0]).toBe("no-new-privileges");
    expect(HostConfig?.Privileged ?? false).toBe(false);
    expect(options).toMatchObject({ User: "1900000001:1900000001", Entrypoint: ["/a"], Cmd: ["b"], WorkingDir: "/d" });
    expect(options.Env).toEqual(expect.arrayContaining(["HOME=/home", "X=task", "OMP_NUM_THREADS=1"]));
  });

  test("may make the system calls of a process, and sockets of its own machine only", () => {
    const profile = JSON.parse(containerOptions(plan).HostConfig?.SecurityOpt?.[1]?.slice("seccomp=".length) ?? "{}");
    const allowed = profile.syscalls.filter(
      (one: { args?: unknown; action: string }) => one.args === undefined && one.action === "SCMP_ACT_ALLOW",
    );
    const names = allowed.flatMap((one: { names: readonly string[] }) => one.names);
    expect(profile.defaultAction).toBe("SCMP_ACT_ERRNO");
    expect(names).toEqual(expect.arrayContaining(["read", "execve", "futex"]));
    for (const name of [
      "mount",
      "bpf",
      "io_uring_setup",
      "keyctl",
      "ptrace",
      "unshare",
      "socket",
      "clone",
      "mknod",
      "",
    ])
      expect(names).not.toContain(name);
  });

  test("that may reach hosts has a gate before its program, proxies whatever its image says, and sockets of TCP", () => {
    const reach = { bind: "/h/gate:/gate:ro", entry: ["/gate/wait", "--"], env: { X: "proxy" } };
    const { HostConfig, ...options } = containerOptions({ ...plan, reach });
    expect(HostConfig).toMatchObject({ NetworkMode: "none", CapDrop: ["ALL"] });
    expect(HostConfig?.Binds).toContain("/h/gate:/gate:ro");
    expect(options).toMatchObject({ Entrypoint: ["/gate/wait", "--", "/a"], Cmd: ["b"], NetworkDisabled: true });
    expect(options.Env).toContain("X=proxy");
    const sockets = (one: Parameters<typeof containerOptions>[0]): unknown[] =>
      JSON.parse(containerOptions(one).HostConfig?.SecurityOpt?.[1]?.slice("seccomp=".length) ?? "{}").syscalls.filter(
        ({ names }: { names: readonly string[] }) => names.includes("socket"),
      );
    expect(sockets(plan)).toHaveLength(1);
    expect(sockets({ ...plan, reach })).toEqual([
      ...sockets(plan),
      // Streams are SCTP's, SMC's and MPTCP's too, by their third argument.
      ...[0, 6].map((protocol) => ({
        names: ["socket"],
        action: "SCMP_ACT_ALLOW",
        args: [
          { index: 0, value: 2, op: "SCMP_CMP_EQ" },
          { index: 1, value: 15, valueTwo: 1, op: "SCMP_CMP_MASKED_EQ" },
          { index: 2, value: protocol, op: "SCMP_CMP_EQ" },
        ],
      })),
    ]);
  });

  test("of gVisor has no pipe of the host and room for the sandbox's own threads; arguments take the command's place", () => {
    const args = ["--x", ""];
    const options = containerOptions({
      ...plan,
      runtime: "runsc",
      groupParent: null,
      task: task(new Uint8Array(), { args }),
    });
    expect(options.Cmd).toEqual(args);
    expect(options.HostConfig?.Binds).toHaveLength(2);
    expect(options.HostConfig?.PidsLimit).toBe(1_024);
    expect(options.HostConfig).not.toHaveProperty("CgroupParent");
  });
});

describe("an engine", () => {
  const fit: EngineInfo = {
    version: "20.10",
    runtimes: ["runc", "runsc"],
    cgroupDriver: "cgroupfs",
    rootFolder: "/",
    securityOptions: ["name=seccomp,profile=default"],
    missingLimits: [],
  };

  test.each([
    [{}, "runc", null],
    [{}, "crun", "no runtime crun"],
    [{ securityOptions: [] }, "runc", "no seccomp"],
    [{ securityOptions: ["name=seccomp", "name=rootless"] }, "runc", "maps users"],
    [{ securityOptions: ["name=seccomp", "name=userns"] }, "runc", "maps users"],
    [{ missingLimits: ["MemoryLimit"] }, "runc", "MemoryLimit"],
  ])("%j with %s", (change, runtime, problem) => {
    const found = engineProblem({ ...fit, ...change }, runtime);
    if (problem === null) expect(found).toBeNull();
    else expect(found).toContain(problem);
  });

  test("that isn't there is the machine's lack, for the probe and for every task", async () => {
    const executor = ociExecutor("/nowhere/docker.sock");
    expect(await executor.probe(unhurried())).toMatchObject({ works: false });
    expect(await executor.run(task(new Uint8Array()), unhurried())).toMatchObject({ kind: "infrastructure" });
    await executor.close();
  });
});

describe("a probe", () => {
  const uid = "1900000001";
  const good = [
    `Uid:\t${uid}\t${uid}\t${uid}\t${uid}`,
    `Groups:\t${uid} `,
    "CapEff:\t0000000000000000",
    "CapBnd:\t0000000000000000",
    "NoNewPrivs:\t1",
    "Seccomp:\t2",
    "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0",
  ];

  test.each([
    [0, "Uid:\t0\t0\t0\t0", "no user of its own"],
    [1, "Groups:\t0 27", "groups of this machine"],
    [2, "CapEff:\t00000000000000c0", "had capabilities"],
    [3, "CapBnd:\t000001ffffffffff", "regained capabilities"],
    [4, "NoNewPrivs:\t0", "gained privileges"],
    [5, "Seccomp:\t0", "were not filtered"],
    [
      6,
      "  eth0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0",
      "eth0",
    ],
    [6, "root: written", "wrote to its image"],
  ])("that found line %i to be %s is not good", (line, text, problem) => {
    expect(containmentProblem(good.join("\n"), "runc")).toBeNull();
    expect(containmentProblem(good.map((one, i) => (i === line ? text : one)).join("\n"), "runc")).toContain(problem);
  });
});

test("a log is put together however its frames are cut", () => {
  const frame = (text: string): Buffer => {
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 20 }), { maxLength: 8 }), fc.array(fc.nat(200)), (said, cuts) => {
      const stream = Buffer.concat(said.map(frame));
      const log = new FramedLog(10_000);
      const places = [...cuts.filter((at) => at < stream.length), 0, stream.length].sort((a, b) => a - b);
      for (const [i, at] of places.entries()) log.take(stream.subarray(places[i - 1] ?? 0, at));
      expect(log.finish()).toBe(Buffer.from(said.join("")).toString());
    }),
  );
});

describe("what containers have used", () => {
  function machine(mounts: string, files: Readonly<Record<string, string>>): string {
    const root = mkdtempSync(join(tmpdir(), "oci-groups-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    for (const [path, content] of Object.entries({ ...files, "proc/self/mounts": mounts })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return root;
  }

  test.each([
    [
      "cgroup /sys/fs/cgroup/memory cgroup rw 0 0\ncgroup /sys/fs/cgroup/cpuacct cgroup rw 0 0\n",
      {
        "sys/fs/cgroup/memory/starling-oci-key/task-1/memory.max_usage_in_bytes": "900\n",
        "sys/fs/cgroup/cpuacct/starling-oci-key/task-1/cpuacct.usage": "2500000\n",
      },
    ],
    [
      "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
      {
        "sys/fs/cgroup/starling-oci-key/task-1/memory.peak": "900\n",
        "sys/fs/cgroup/starling-oci-key/task-1/cpu.stat": "usage_usec 2500\nuser_usec 1\n",
      },
    ],
  ])("is read from the control groups of both versions", (mounts, files) => {
    const groups = new ContainerGroups(groupMounts(machine(mounts, files)), "key");
    expect(groups.usage("task-1")).toMatchObject({ cpuMs: 2.5, peakMemoryBytes: 900 });
    expect(groups.usage("task-2")).toMatchObject({ cpuMs: 0, peakMemoryBytes: 0 });
    expect(groups.parentOf("task-1")).toBe("/starling-oci-key/task-1");
  });
});
