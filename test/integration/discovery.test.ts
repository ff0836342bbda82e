// Workers and coordinator find each other by one way alone, from a bootstrap node that is neither.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DevnetOptions } from "../../scripts/devnet/devnet.ts";
import { writeJob } from "../harness/job-files.ts";
import { logLines } from "../harness/log-lines.ts";
import { TestDevnet } from "../harness/test-devnet.ts";

describe("discovery", () => {
  let folder: string;
  let net: TestDevnet | null = null;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "starling-discovery-"));
  });
  afterEach(async () => {
    await net?.stop();
    net = null;
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(options: Partial<DevnetOptions>): Promise<TestDevnet> {
    net = await TestDevnet.start({ workers: 3, separateBootstrap: true, ...options });
    return net;
  }

  /** By which ways the workers found the coordinator, as their logs say. */
  function waysOf({ devnet }: TestDevnet): ReadonlySet<unknown> {
    const logs = devnet.state().daemons.filter(({ role }) => role === "worker");
    return new Set(
      logs.flatMap(({ log }) => logLines(log).filter(({ source }) => source !== undefined)).map(({ source }) => source),
    );
  }

  it("works by the DHT alone: gossip is off, and the job completes", async () => {
    const started = await start({ gossip: false });
    expect(started.devnet.ground.network.bootstrap.join()).not.toContain(
      started.devnet.ground.network.coordinators[0]?.peerId,
    );
    expect(waysOf(started)).toEqual(new Set(["dht"]));
    const { jobId } = await started.submit(writeJob(folder, { name: "dht" }));
    expect(await started.ended(jobId)).toMatchObject({ state: "completed" });
  });

  it("works by offers alone: the DHT is off, and idle workers that know no coordinator get work", async () => {
    const started = await start({ dht: false, awaitWorkers: false });
    expect((await started.client.nodes.listNodes({ pageSize: 10, pageToken: "", states: [] })).nodes).toEqual([]);
    const { jobId } = await started.submit(writeJob(folder, { name: "offer" }));
    expect(await started.ended(jobId)).toMatchObject({ state: "completed" });
    expect(waysOf(started)).toEqual(new Set(["offer"]));
  });
});
