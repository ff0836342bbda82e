// What is refused, and with which words; and programs that misbehave: a clear verdict, and the daemons live on.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeJob } from "../harness/job-files.ts";
import { root, TestDevnet } from "../harness/test-devnet.ts";

describe("bad input", () => {
  let net: TestDevnet;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-bad-"));
    net = await TestDevnet.start();
  });
  afterAll(async () => {
    await net.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function allAlive(): void {
    const { daemons } = net.devnet.state();
    expect(daemons.filter((daemon) => daemon.end !== null)).toEqual([]);
  }

  const refusals = [
    { what: "an unknown key", more: ["trusst: quorum"], code: 64, says: [/trusst/, /trust\b/] },
    { what: "a bad unit", more: ["deadline: 30 parsecs"], code: 64, says: [/deadline/, /parsecs/] },
    {
      what: "a feature that is not there yet",
      more: ["rounds: { count: 2 }"],
      code: 64,
      says: [/rounds/, /not there yet/],
    },
    {
      what: "an image that only a tag names",
      more: ['reduce: { run: { image: "registry.example/tool:1" } }'],
      code: 64,
      says: [/reduce\.run\.image: is not pinned/, /RepoDigests 0}}' registry\.example\/tool:1/],
    },
    {
      what: "a budget below what the job costs",
      more: ['budget: { max: "0.01 USD", perTask: "0.01 USD" }'],
      code: 5,
      says: [/budget/i],
    },
    {
      what: "a budget that the account does not hold",
      more: ['budget: { max: "1000000 USD" }'],
      code: 5,
      says: [/holds/, /fund/],
    },
    { what: "a deadline that has passed before it begins", more: ["deadline: 1s"], code: 64, says: [/deadline/] },
  ];
  it.each(refusals)("refuses $what", async ({ what, more, code, says }) => {
    const file = writeJob(folder, { name: what.replaceAll(" ", "-"), more });
    const ran = await net.starling(["job", "submit", "-f", file]);
    expect(ran, ran.stderr).toMatchObject({ code, stdout: "" });
    for (const words of says) expect(ran.stderr).toMatch(words);
  });

  it("refuses missing files, empty documents and text that is no YAML", async () => {
    const missing = await net.starling([
      "job",
      "submit",
      "-f",
      writeJob(folder, { name: "missing", wasm: "noop/nope.wasm" }),
    ]);
    expect(missing).toMatchObject({ code: 64, stdout: "" });
    expect(missing.stderr).toMatch(/nope\.wasm: there is no such file/);
    const absent = await net.starling(["job", "submit", "-f", join(folder, "absent.yaml")]);
    expect(absent).toMatchObject({ code: 64, stdout: "" });
    for (const [name, text] of [
      ["empty.yaml", ""],
      ["broken.yaml", "version: [1"],
    ] as const) {
      writeFileSync(join(folder, name), text);
      expect(await net.starling(["job", "submit", "-f", join(folder, name)])).toMatchObject({ code: 64, stdout: "" });
    }
  });

  it("refuses commands that make no sense", async () => {
    expect(await net.starling(["job", "describe", "0x1234"])).toMatchObject({ code: 1 });
    expect(await net.starling(["job", "fly"])).toMatchObject({ code: 64 });
    expect(await net.starling(["job", "list", "-o", "xml"])).toMatchObject({ code: 64 });
    expect(await net.starling(["job", "list", "--token-file", join(folder, "none")])).toMatchObject({ code: 78 });
    allAlive();
  });

  const verdicts = [
    { file: "garbage", reason: /badModule/ },
    { file: "endless-loop", reason: /timedOut/ },
    { file: "out-of-fuel", reason: /outOfFuel/ },
    { file: "endless-recursion", reason: /stackOverflow/ },
    { file: "huge-output", reason: /outputTooLarge/ },
    { file: "exit-three", reason: /exit/ },
  ];
  it.each(verdicts)("gives a verdict about $file", async ({ file, reason }) => {
    const ran = await net.starling(["job", "run", "-f", join(root, `examples/misbehave/${file}.yaml`)]);
    expect(ran, ran.stderr).toMatchObject({ code: 1 });
    expect(ran.stdout).toMatch(/failed/);
    const [job] = (await net.client.jobs.listJobs({ pageSize: 1, pageToken: "", states: [], labels: {}, idPrefix: "" }))
      .jobs;
    expect(job).toMatchObject({ name: `misbehave-${file}`, state: "failed", reason: { code: "poison" } });
    const logs = await net.starling(["job", "logs", job?.jobId ?? ""]);
    expect(logs.stdout).toMatch(reason);
    // Three distinct operators tried before it was called poison.
    const { tasks } = await net.client.tasks.listTasks({
      jobId: job?.jobId ?? "",
      pageSize: 10,
      pageToken: "",
      states: [],
    });
    const { task } = await net.client.tasks.getTask({ taskId: tasks[0]?.taskId ?? "" });
    const operators = task?.leases.filter((lease) => lease.state === "failed").map((lease) => lease.operator) ?? [];
    expect(new Set(operators).size).toBeGreaterThanOrEqual(3);
    allAlive();
  });

  it.each(["log-flood", "memory-hog"])("bears with %s", async (file) => {
    const ran = await net.starling(["job", "run", "-f", join(root, `examples/misbehave/${file}.yaml`)]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    allAlive();
  });

  it("still runs an honest job afterwards", async () => {
    const { jobId } = await net.submit(writeJob(folder, { name: "honest" }));
    expect(await net.ended(jobId)).toMatchObject({ state: "completed" });
    allAlive();
  });
});
