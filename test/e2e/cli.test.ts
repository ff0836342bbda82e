// Every command of the command line in its documented form, against one devnet.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeJob } from "../harness/job-files.ts";
import { TestDevnet } from "../harness/test-devnet.ts";

describe("the command line", () => {
  let net: TestDevnet;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-cli-"));
    net = await TestDevnet.start();
  });
  afterAll(async () => {
    await net.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a command that must succeed; gives its standard output. */
  async function ok(...args: string[]): Promise<string> {
    const ran = await net.starling(args);
    expect(ran, `starling ${args.join(" ")}\n${ran.stderr}`).toMatchObject({ code: 0 });
    return ran.stdout;
  }

  async function json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await ok(...args, "-o", "json")) as T;
  }

  interface JobRow {
    readonly jobId: string;
    readonly state: string;
    readonly name: string;
  }

  it("pays all jobs that one payer submits at once: each brings its own money, and a token takes permits in their order alone", async () => {
    const names = ["first", "second", "third", "fourth"];
    const files = names.map((name) => writeJob(folder, { name, range: [0, 0] }));
    const jobIds = await Promise.all(files.map(async (file) => (await ok("job", "submit", "-f", file)).trim()));
    expect(new Set(jobIds).size).toBe(names.length);
    const states = await Promise.all(
      jobIds.map(async (id) => (await json<JobRow>("job", "wait", id, "--timeout", "60")).state),
    );
    expect(states).toEqual(names.map(() => "completed"));
  });

  it("submits, describes, watches, waits, and fetches results with their receipt", async () => {
    const file = writeJob(folder, { name: "small" });
    const jobId = (await ok("job", "submit", "-f", file)).trim();
    expect(jobId).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await json<JobRow>("job", "wait", jobId, "--timeout", "60")).toMatchObject({ jobId, state: "completed" });
    const watched = await ok("job", "watch", jobId);
    expect(watched).toContain("job completed");
    // A prefix is enough, and lists name the job.
    expect(await json<JobRow>("job", "describe", jobId.slice(0, 12))).toMatchObject({ jobId, name: "small" });
    expect((await json<JobRow[]>("job", "list")).map((row) => row.jobId)).toContain(jobId);
    const to = join(folder, "results");
    const files = await ok("job", "results", jobId, "--to", to, "-o", "name");
    expect(files.trim().split("\n")).toHaveLength(5);
    expect(await ok("receipt", "verify", join(to, "receipt.json"))).toContain("the receipt holds");
    const receipt = readFileSync(join(to, "receipt.json"), "utf8");
    expect(receipt).toMatch(/"fuel":[1-9]/);
    expect(receipt).toMatch(/"usage":\{"bytesIn":[1-9]\d*,"bytesOut":[1-9]\d*,"cpuMs":\d+,"peakMemoryBytes":[1-9]/);
    expect(await ok("job", "describe", jobId)).toMatch(
      /^class: +wasm\n[\s\S]*used by map: +\d+ attempts, .*memory up to .*fuel \d+, in .*, out /m,
    );
    expect(await ok("job", "explain", jobId)).toContain("waits for nothing");
    const tasks = await json<{ taskId: string; state: string }[]>("task", "list", "--job", jobId);
    expect(tasks.map((task) => task.state)).toEqual(["final", "final", "final", "final"]);
    const task = await json<{ leases: { operator: string; verdict: string; usage?: { fuel: string } }[] }>(
      "task",
      "describe",
      tasks[0]?.taskId ?? "",
    );
    expect(new Set(task.leases.map((lease) => lease.operator)).size).toBe(task.leases.length);
    // Replicas took the same number of steps.
    const fuel = task.leases.flatMap(({ usage }) => (usage === undefined ? [] : [usage.fuel]));
    expect(Number(fuel[0])).toBeGreaterThan(0);
    expect(new Set(fuel).size).toBe(1);
    // The lottery may have asked for a third.
    expect(task.leases.filter((lease) => lease.verdict === "accepted").length).toBeGreaterThanOrEqual(2);
  });

  it("runs a job to its end and exits with its status", async () => {
    const ran = await net.starling(["job", "run", "-f", writeJob(folder, { name: "run", range: [0, 0] })]);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toContain("completed");
    expect(ran.stderr).toContain("job completed");
  });

  it("lists workers with their operators and the referee", async () => {
    const nodes = await json<{ worker: string; operator: string; connected: boolean; remoteAddress: string }[]>(
      "node",
      "list",
    );
    expect(nodes).toHaveLength(6);
    expect(nodes.every((node) => node.connected)).toBe(true);
    expect(new Set(nodes.map((node) => node.operator)).size).toBe(6);
    expect(new Set(nodes.map((node) => node.remoteAddress)).size).toBe(6);
    const payer = net.devnet.ground.accounts.payer.address;
    expect(nodes.filter((node) => node.operator === payer)).toHaveLength(1);
  });

  it("takes the same submission once, and spends nothing the second time", async () => {
    const file = writeJob(folder, { name: "once", range: [0, 1] });
    const first = (await ok("job", "submit", "-f", file, "--idempotency-key", "once")).trim();
    await net.settled(first);
    const before = await net.queries.tokenBalance(net.devnet.ground.accounts.payer.address);
    const earned = (await net.client.jobs.getJob({ jobId: first })).job?.spent;
    expect((await ok("job", "submit", "-f", file, "--idempotency-key", "once")).trim()).toBe(first);
    expect(await net.queries.tokenBalance(net.devnet.ground.accounts.payer.address)).toBe(before);
    expect((await net.client.jobs.getJob({ jobId: first })).job?.spent).toBe(earned);
    const other = await net.starling([
      "job",
      "submit",
      "-f",
      writeJob(folder, { name: "once", range: [0, 2] }),
      "-k",
      "once",
    ]);
    expect(other.code).toBe(64);
    expect(other.stderr).toContain("idempotencyConflict");
  });

  it("says which need nobody meets, and how many workers fail it; cancelling frees the job", async () => {
    const file = writeJob(folder, { name: "large", more: ["needs: { mem: 900Gi }"] });
    const jobId = (await ok("job", "submit", "-f", file)).trim();
    const text = await ok("job", "explain", jobId);
    expect(text).toMatch(/unmet:.*memory.*[56] of 6 workers/i);
    expect(await json<JobRow>("job", "cancel", jobId)).toMatchObject({ jobId, state: "cancelled" });
    const waited = await net.starling(["job", "wait", jobId, "--timeout", "30"]);
    expect(waited.code).toBe(1);
  });

  it("gives up waiting with an exit code of its own", async () => {
    const file = writeJob(folder, { name: "slow", more: ["needs: { mem: 900Gi }"] });
    const jobId = (await ok("job", "submit", "-f", file)).trim();
    const waited = await net.starling(["job", "wait", jobId, "--timeout", "1"]);
    expect(waited.code).toBe(3);
    expect(waited.stderr).toContain("explain");
    await ok("job", "cancel", jobId);
  });
});
