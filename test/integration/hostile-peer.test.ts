// Strangers on real sockets: malformed frames, offers without money, a worker that the chain does not know. The daemons live on.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devnetKey, devnetPlace, signingDomainOf, signOffer, systemEntropy, walletOf } from "@starling/node-kit";
import {
  type EscrowId,
  encodeTaskOffer,
  encodeWorkerMessage,
  type JobId,
  offerHash,
  offerTopic,
  type TaskOffer,
  toHex,
  workProtocol,
} from "@starling/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { workerSpec } from "../../scripts/devnet/commands.ts";
import { Daemon } from "../../scripts/devnet/daemon.ts";
import { newPeer, writeMemberFiles } from "../../scripts/devnet/members.ts";
import { within } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import { logSays } from "../harness/log-lines.ts";
import { Stranger } from "../harness/stranger.ts";
import { TestDevnet } from "../harness/test-devnet.ts";

describe("hostile peers", () => {
  let net: TestDevnet;
  let folder: string;
  let stranger: Stranger;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-hostile-"));
    net = await TestDevnet.start({ workers: 2 });
  });
  afterAll(async () => {
    await net.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    stranger = await Stranger.join(net);
  });
  afterEach(async () => {
    await stranger.close();
    const { daemons } = net.devnet.state();
    expect(daemons.filter(({ end }) => end !== null)).toEqual([]);
  });

  const beat = encodeWorkerMessage({ type: "bye", reason: "I never came" });
  const frames: readonly (readonly [string, readonly Uint8Array[]])[] = [
    ["random bytes", [randomBytes(200)]],
    ["nothing and zeros", [new Uint8Array(0), new Uint8Array(4_096)]],
    ["a frame near the limit", [randomBytes(1_000_000)]],
    ["a message before the greeting", [beat]],
    ["many of them", Array.from({ length: 50 }, () => randomBytes(64))],
  ];
  it.each(frames)("ends the stream of a peer that sends %s", async (_what, sent) => {
    await stranger.provoke(sent);
  });

  it("ends streams on which nothing is said", async () => {
    const stream = await stranger.workStream();
    const closed = new Promise<void>((resolve) => stream.onClose(() => resolve()));
    stream.onFrame(() => undefined);
    await within("the coordinator loses patience", closed);
  });

  function offerOf(escrowId: EscrowId): TaskOffer {
    return {
      networkId: net.devnet.ground.network.networkId,
      jobId: toHex(randomBytes(32)) as JobId,
      escrowId,
      coordinator: stranger.wallet.address,
      coordinatorPeerId: stranger.network.peerId,
      addresses: stranger.network.addresses(),
      runtimeClass: "wasm",
      needs: { cpuCores: 1, memoryBytes: 2 ** 26, diskBytes: 2 ** 26, gpu: null },
      open: 100,
      priceCap: 1_000_000n,
      sequence: 1,
      expiresAt: Date.now() + 60_000,
    };
  }

  it("follows no offer that cites no funded escrow, or that of somebody else", async () => {
    const { jobId } = await net.submit(writeJob(folder, { name: "funded", range: [0, 0] }));
    const { job } = await net.client.jobs.getJob({ jobId });
    await net.ended(jobId);
    let dialled = 0;
    await stranger.network.handle(workProtocol, () => {
      dialled += 1;
    });
    const { networkId } = net.devnet.ground.network;
    const topic = offerTopic(networkId, "wasm");
    await stranger.listen(topic);
    const domain = signingDomainOf(net.chain);
    const log = net.devnet.daemon("worker-1").spec.log;
    const cases = [
      { escrowId: toHex(randomBytes(32)) as EscrowId, reason: /does not exist/ },
      { escrowId: (job?.escrowId ?? "") as EscrowId, reason: /another coordinator/ },
    ];
    for (const { escrowId, reason } of cases) {
      // A coordinator that was just tried is not tried again, so each offer comes from a fresh one.
      const wallet = walletOf(systemEntropy.bytes(32));
      const offer = { ...offerOf(escrowId), coordinator: wallet.address };
      await stranger.network.publish(
        topic,
        encodeTaskOffer({ offer, signature: signOffer(wallet, domain, offerHash(offer)) }),
      );
      const line = await logSays(
        log,
        "offer not followed",
        (one) => one.message === "offer not followed" && one.escrowId === escrowId,
      );
      expect(line.reason).toMatch(reason);
    }
    expect(dialled).toBe(0);
  });

  it("turns away a worker that its operator has not registered on chain, and says why", async () => {
    const { programs, network, accounts } = net.devnet.ground;
    const { places } = net.devnet;
    const shared = {
      places,
      programs,
      bootstrap: network.bootstrap,
      gossip: true,
      dht: true,
      environmentOf: () => ({}),
    };
    const keyIndex = devnetPlace("worker", 20);
    const names = { name: "unregistered", role: "worker", ip: "127.0.60.1", keyIndex } as const;
    const operator = accounts.operators[0] ?? accounts.payer;
    const member = { ...names, ...newPeer(), worker: walletOf(devnetKey(keyIndex)), operator };
    await writeMemberFiles(places, member, signingDomainOf(net.chain));
    const daemon = Daemon.start(workerSpec(shared, member));
    try {
      await logSays(daemon.spec.log, "notRegistered", ({ code }) => code === "notRegistered");
    } finally {
      await daemon.stop();
    }
    const { nodes } = await net.client.nodes.listNodes({ pageSize: 100, pageToken: "", states: [] });
    expect(nodes.map((node) => node.worker)).not.toContain(member.worker.address);
  });

  it("still completes a job", async () => {
    const { jobId } = await net.submit(writeJob(folder, { name: "after", range: [0, 1] }));
    expect(await net.ended(jobId)).toMatchObject({ state: "completed" });
  });
});
