// The `oci` executor passes the compliance suite over a real Docker, and keeps what it promises beyond it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DockerEngine, openDocker, silentLogger } from "@starling/node-kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPackages } from "../../../../test/harness/debian.ts";
import { closeExecutors, dockerChoice, probeExecutors, workingExecutors } from "../../src/shell/executor-table.ts";
import type { Executor, TaskRun } from "../../src/shell/executors/executor.ts";
import { createOciExecutor, sweepOciArea } from "../../src/shell/executors/index.ts";
import { SampledUsage } from "../../src/shell/executors/oci/sampled-usage.ts";
import { executorCompliance } from "./compliance.ts";
import { type Dockerd, describeContainers, startDockerd } from "./dockerd.ts";
import { layer, savedImage, shellImage } from "./oci-images.ts";
import { ociPrograms } from "./oci-programs.ts";
import { ociExecutor } from "./oci-support.ts";
import { LIMITS, task, unhurried } from "./support.ts";

describeContainers("the oci executor", () => {
  let docker: Dockerd;
  let engine: DockerEngine;
  beforeAll(async () => {
    docker = await startDockerd();
    engine = await openDocker(docker.socketPath);
  });
  afterAll(() => docker.stop());
  const { signal } = unhurried();

  describe("complies", () => executorCompliance(() => ociExecutor(docker.socketPath), ociPrograms));

  test("its class is offered where the owner allows images, with how they are held", async () => {
    const folder = mkdtempSync(join(tmpdir(), "oci-offer-"));
    const areas = { processArea: join(folder, "process"), imageArea: join(folder, "images") };
    const choice = { allowImages: true, dockerSocket: docker.socketPath, dockerRuntime: "runc" };
    const all = await probeExecutors({ slots: 1, allowProcess: false, docker: dockerChoice(choice), ...areas }, signal);
    const { offers } = workingExecutors(all, silentLogger);
    await closeExecutors(all, silentLogger);
    expect(offers.map(({ name }) => name)).toEqual(["wasm", "cpu-image"]);
    expect(offers[1]?.engine).toMatch(/^oci \(container \(runc\), seccomp, no capabilities, own user\), Docker [\d.]+/);
    expect(dockerChoice({ ...choice, allowImages: false })).toBeNull();
    rmSync(folder, { recursive: true, force: true });
  });

  describe("beyond that", () => {
    let executor: Executor & { readonly area: string };
    beforeAll(() => {
      executor = ociExecutor(docker.socketPath, "runc", 2);
    });
    afterAll(() => executor.close());
    const run = (program: Uint8Array, overrides: Partial<TaskRun> = {}) =>
      executor.run(task(program, overrides), unhurried());

    test("tasks have users of their own, and computing the same shows in a digest that stays", async () => {
      const both = await Promise.all([run(shellImage("id -u; sleep 1")), run(shellImage("id -u; sleep 1"))]);
      const [one, other] = both.map((outcome) => outcome.kind === "completed" && outcome.log);
      expect(one).toMatch(/^19\d{8}\n$/);
      expect(other).toMatch(/^19\d{8}\n$/);
      expect(one).not.toBe(other);
      const [first, second] = [await executor.probe(unhurried()), await executor.probe(unhurried())];
      expect(first).toMatchObject({ works: true, calibration: expect.stringMatching(/^0x[0-9a-f]{64}$/) });
      expect(second).toMatchObject({ calibration: first.works && first.calibration });
    });

    test.each([
      ["memory", "head -c 100000000 /dev/zero | tail -n 1", { reason: "memory" }],
      ["a signal", "kill -BUS $$", { reason: "trap", message: expect.stringContaining("signal 7") }],
      ["the end of the room for outputs", "head -c 1000000 /dev/zero > /out/x", { reason: "outputTooLarge" }],
    ])("%s ends a task", async (_name, text, ending) => {
      expect(await run(shellImage(text))).toMatchObject({ kind: "failed", ...ending });
    });

    test.each([
      ["a link to a file of the host", "ln -s /etc/hostname /out/x"],
      ["a folder", "mkdir /out/x"],
      ["a file behind a link", "mkdir /tmp/d && echo a > /tmp/d/y && ln -s /tmp/d /out/x", "x/y"],
    ])("%s is no output", async (_name, text, path = "x") => {
      const outputs = [{ name: "x", path }];
      expect(await run(shellImage(text), { outputs })).toMatchObject({ kind: "failed", reason: "missingOutput" });
    });

    test("an image's volumes, user and name are nothing to Docker", async () => {
      const config = { User: "0", Volumes: { "/data": {} } };
      const outcome = await run(shellImage("id -u; echo x > /data/x || echo refused", config));
      expect(outcome).toMatchObject({ log: expect.stringMatching(/^19\d{8}$/m) });
      expect(outcome).toMatchObject({ log: expect.stringMatching(/^refused$/m) });
      const named = savedImage({ layers: [layer([{ name: "a", content: new Uint8Array(1) }])] }, "debian:12");
      expect(await run(named)).toMatchObject({ kind: "failed", reason: "badProgram" });
      expect(await engine.imagesOf("debian", signal)).toEqual([]);
    });

    // Names are looked up in an image, and a line without a colon is a user with the id 0.
    test.each([
      ["etc/passwd", ":x:0:0::/:/bin/sh"],
      ["etc/passwd", ""],
      ["etc/group", ":x:0:"],
      ["etc/group", ""],
      ["other/group", ":x:0:"],
    ])("an image with root under a task's number in /%s (%j) does not make root of it", async (name, rest) => {
      const text = "grep -E '^(Uid|Gid|Groups):' /proc/self/status";
      const usual = await run(shellImage(text));
      if (usual.kind !== "completed") throw new Error(usual.message);
      const uid = /19\d{8}/.exec(usual.log)?.[0] ?? "";
      const lines = `root:x:0:0::/:\n${uid}${rest}\nothers:x:7:${uid}\n`;
      const file = { name, content: new TextEncoder().encode(lines) };
      const link = name.startsWith("other/") ? [{ name: "etc", link: "other" }] : [];
      const outcome = await run(shellImage(text, {}, [file, ...link]));
      expect(outcome).toMatchObject({ kind: "completed", log: usual.log });
    });

    test("nothing that a task was given is left when it is over", async () => {
      await run(shellImage("echo"));
      expect(readdirSync(executor.area).filter((name) => name.startsWith("slot"))).toEqual([]);
      expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(executor.area);
      expect(await engine.labelled("starling.worker", signal)).toEqual([]);
    });

    test("CPU time and memory are the kernel's count", async () => {
      const text = "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; head -c 8000000 /dev/zero | tail -n 1 | wc -c";
      const outcome = await run(shellImage(text));
      if (outcome.kind !== "completed") throw new Error(JSON.stringify(outcome));
      expect(outcome.usage.cpuMs).toBeGreaterThan(20);
      expect(outcome.usage.peakMemoryBytes).toBeGreaterThan(8_000_000);
      expect(outcome.usage.peakMemoryBytes).toBeLessThan(20_000_000);
    });
  });

  test("what is seen of a container's groups while it runs is what they say at its end, but for the last moment", async () => {
    const executor = ociExecutor(docker.socketPath);
    const sampled = new SampledUsage();
    const started = async (): Promise<void> => {
      const [left = ""] = await engine.labelled("starling.worker", signal);
      sampled.start(await engine.pidOf(left, signal));
    };
    let begun: Promise<void> | undefined;
    const text =
      'echo \'{"done":1,"total":2}\' > /progress; i=0; while [ $i -lt 400000 ]; do i=$((i + 1)); done; head -c 8000000 /dev/zero | tail -n 1 | wc -c; sleep 1';
    const onProgress = (): void => {
      begun ??= started();
    };
    const outcome = await executor.run(task(shellImage(text)), { signal, onProgress });
    await begun;
    const seen = sampled.stop();
    await executor.close();
    if (outcome.kind !== "completed") throw new Error(JSON.stringify(outcome));
    expect(seen.peakMemoryBytes).toBeGreaterThan(8_000_000);
    expect(seen.peakMemoryBytes).toBeLessThanOrEqual(outcome.usage.peakMemoryBytes);
    expect(seen.cpuMs).toBeGreaterThan(outcome.usage.cpuMs / 2);
    expect(seen.cpuMs).toBeLessThanOrEqual(outcome.usage.cpuMs);
  });

  describe("of a worker that was killed", () => {
    async function killedDaemon(): Promise<string> {
      const area = mkdtempSync(join(tmpdir(), "oci-crash-"));
      const program = fileURLToPath(new URL("./oci-orphan.ts", import.meta.url));
      const daemon = spawn(process.execPath, [program, area, docker.socketPath], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(daemon.stdout, "data");
      daemon.kill("SIGKILL");
      await once(daemon, "close");
      expect(await engine.labelled("starling.worker", signal)).toHaveLength(1);
      return area;
    }

    async function nothingIsLeft(area: string, groups: readonly string[]): Promise<void> {
      expect(await engine.labelled("starling.worker", signal)).toEqual([]);
      expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(area);
      expect(groups.filter((folder) => existsSync(folder))).toEqual([]);
      expect(existsSync(area)).toBe(false);
    }

    const groupsOf = (area: string): readonly string[] => JSON.parse(readFileSync(join(area, "groups.json"), "utf8"));

    test("the next life kills the container and removes what it had", async () => {
      const area = await killedDaemon();
      const groups = groupsOf(area);
      expect(groups.some((folder) => existsSync(folder))).toBe(true);
      const next = createOciExecutor({ slots: 1, area, socketPath: docker.socketPath, runtime: "runc" });
      const work = task(shellImage("echo again"), { limits: LIMITS });
      expect(await next.run(work, unhurried())).toMatchObject({ kind: "completed", log: "again\n" });
      await next.close();
      await nothingIsLeft(area, groups);
    });

    test("so does one that runs no images", async () => {
      const area = await killedDaemon();
      const groups = groupsOf(area);
      await sweepOciArea(area);
      await nothingIsLeft(area, groups);
    });
  });

  const runsc = missingPackages(["runsc"]);
  test(`over gVisor tasks run and pass the self-test${runsc.length === 0 ? "" : ": NOT TESTED here, there is no runsc"}`, async () => {
    const executor = ociExecutor(docker.socketPath, "runsc");
    const probed = await executor.probe(unhurried());
    if (runsc.length === 0) {
      expect(probed).toMatchObject({ works: true, isolation: expect.stringMatching(/^gVisor \(runsc\).*no hosts$/) });
      expect(await executor.run(task(shellImage("echo hello")), unhurried())).toMatchObject({ log: "hello\n" });
    } else expect(probed).toMatchObject({ works: false });
    await executor.close();
  });
});
