// The whole way of a GPU in a real worker: found by its tool, offered, leased to one attempt at a time, seen by its program alone, and free again.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ArtifactStore, loadConfig, serveBlobs, silentLogger } from "@starling/node-kit";
import {
  type FailureItem,
  type LeaseItem,
  peerIdHash,
  type TaskProgram,
  taskSpecHash,
  toHex,
} from "@starling/protocol";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { workerOptions } from "../../src/config.ts";
import { WorkerNode } from "../../src/shell/worker-node.ts";
import { type Dockerd, describeContainers, startDockerd } from "../executors/dockerd.ts";
import { nvidiaGpus, standInFolder, standInTool, toolkit } from "../executors/gpu-stand-ins.ts";
import { shellImage } from "../executors/oci-images.ts";
import { domain, networkId, newStore, testWorker } from "./support.ts";
import { TestCoordinator, type TestSession } from "./test-coordinator.ts";

const MEBIBYTE = 1024 * 1024;

describeContainers("a worker with two GPUs", () => {
  const owner = testWorker();
  const { path: folder, remove } = standInFolder();
  const storeFolder = mkdtempSync(join(tmpdir(), "gpu-node-store-"));
  let docker: Dockerd;
  let coordinator: TestCoordinator;
  let store: ArtifactStore;
  let node: WorkerNode;
  let session: TestSession;

  beforeAll(async () => {
    // The worker asks it which version it is.
    vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
    [docker, coordinator, store] = await Promise.all([
      startDockerd({ programs: toolkit(folder) }),
      TestCoordinator.open(),
      newStore(storeFolder),
    ]);
    await serveBlobs(coordinator.network, store, { mayGet: () => true, mayPut: () => true });
    const { values, sources } = loadConfig(workerOptions, { args: argumentsOf(), environment: {} });
    const fail = (error: unknown): void => {
      throw error;
    };
    node = new WorkerNode(values, { logger: silentLogger, fail, end: () => undefined, sources });
    await node.services.start();
    session = await coordinator.sessions.next();
  });
  afterAll(async () => {
    await node.services.stop();
    await Promise.all([docker.stop(), coordinator.network.close()]);
    vi.unstubAllEnvs();
    rmSync(storeFolder, { recursive: true, force: true });
    remove();
  });

  function argumentsOf(): readonly string[] {
    const place = (name: string, content: string): string => {
      writeFileSync(join(folder, name), content, { mode: 0o600 });
      return join(folder, name);
    };
    const { stakeRegistry, jobEscrow, court, chainId } = domain;
    const { keys, registration, secret } = owner;
    const file = {
      ...{ name: "test", networkId, chainId, contracts: { token: court, stakeRegistry, jobEscrow, court } },
      coordinators: [{ address: coordinator.wallet.address, peerId: coordinator.network.peerId }],
      ...{ bootstrap: coordinator.network.addresses(), confirmations: 1 },
    };
    const consent = { ...registration, worker: keys.wallet.address, peerIdHash: peerIdHash(keys.peerId) };
    // Asked what they are, and how busy they are.
    const listed = nvidiaGpus.map(
      ({ gpu, place: number }) => `${gpu.uuid}, ${gpu.model}, 16384, 580.1, 9.0, ${number}`,
    );
    const used = nvidiaGpus.map(({ gpu }) => `${gpu.uuid}, 75, 2048`);
    const lines = (all: readonly string[]): string => all.map((line) => `echo "${line}"`).join("; ");
    const tool = standInTool(
      folder,
      "nvidia-smi",
      `case $1 in *utilization*) ${lines(used)};; *) ${lines(listed)};; esac`,
    );
    return [
      ...["--data-dir", join(folder, "data"), "--network", place("network.json", JSON.stringify(file))],
      // Nobody listens there.
      ...[
        "--rpc-url",
        "http://127.0.0.1:9",
        "--registration-file",
        place("registration.json", JSON.stringify(consent)),
      ],
      ...["--key-file", place("worker.key", toHex(secret)), "--peer-key-file", place("peer.key", toHex(keys.peerSeed))],
      ...["--no-gossip", "--no-dht", "--slots", "3", "--price-per-task", "0 USD", "--measure-every", "0s"],
      ...["--allow-images", "--docker-socket", docker.socketPath, "--nvidia-smi", tool, "--rocm-smi", "no-such-tool"],
    ];
  }

  let leases = 0;

  async function leaseOf(script: string, gpus: number): Promise<LeaseItem> {
    const task: TaskProgram = {
      runtimeClass: "gpu",
      program: { name: "image.tar", ...(await store.put(shellImage(script))) },
      ...{ args: [], env: {}, inputs: [], outputs: [], seed: 1 },
      limits: { timeoutMs: 60_000, memoryBytes: 16 * MEBIBYTE, outputBytes: MEBIBYTE, logBytes: 1_000 },
    };
    const place = { jobId: `0x${"1b".repeat(32)}`, step: "map", index: leases } as const;
    leases += 1;
    return {
      leaseId: `0x${leases.toString(16).padStart(64, "0")}`,
      ...place,
      ...{ taskSpec: taskSpecHash(place, task), attempt: 1, escrowId: `0x${"1e".repeat(32)}` },
      ...{ payer: owner.operator.address, price: 0n, fine: 9n, leaseMs: 120_000, traceId: "trace", task },
      gpu: { count: gpus, vramBytes: 2 ** 33, arch: ["sm_80+"] },
    };
  }

  /** What so many attempts said before they failed, in the order of their leases. */
  async function said(items: readonly LeaseItem[]): Promise<readonly FailureItem[]> {
    await session.leases(items);
    const all: FailureItem[] = [];
    while (all.length < items.length) all.push(...(await session.next("failures")).items);
    return items.flatMap(({ leaseId }) => all.filter((one) => one.leaseId === leaseId));
  }

  // A failure brings what its program said.
  const looks = "cd /dev; for node in nvidia[0-9]; do (echo > $node) && echo $node; done; sleep 2; exit 3";

  test("offers the class with both, and every attempt sees its own alone", async () => {
    const { record: signed } = await session.next("hello");
    expect(signed.record.classes.map(({ name }) => name)).toEqual(["wasm", "cpu-image", "gpu", "gpu-tolerant"]);
    expect(signed.record.resources.accelerators.map(({ uuid }) => uuid)).toEqual(nvidiaGpus.map(({ gpu }) => gpu.uuid));
    await session.next("ask");
    const both = await said([await leaseOf(looks, 1), await leaseOf(looks, 1)]);
    expect(both.map(({ log }) => log).sort()).toEqual(["nvidia0\n", "nvidia1\n"]);
    expect(both).toMatchObject(
      [1, 2].map(() => ({ ending: { exitCode: 3 }, usage: { gpu: { busyPercent: 75, memoryBytes: 2 ** 31 } } })),
    );
    // They are free again: one attempt may have both, and the next waits for it.
    const next = await said([await leaseOf(looks, 2), await leaseOf(looks, 1)]);
    expect(next.map(({ log }) => log)).toEqual(["nvidia0\nnvidia1\n", expect.stringMatching(/^nvidia[01]\n$/)]);
  });
});
