// What strangers send: believed when the right account signed it, refused otherwise, and inside the network thread.
import {
  acceptLeaf,
  announcementTopic,
  commitSetLeaf,
  encodeAnnouncement,
  encodeCoordinatorMessage,
  encodeSignedRecord,
  encodeTaskOffer,
  encodeWorkerMessage,
  limits,
  offerTopic,
  recordKey,
  voucherDigest,
  type WorkerMessage,
  workProtocol,
} from "@starling/protocol";
import { describe, expect, it } from "vitest";
import type { Wallet } from "../../src/chain/wallet.ts";
import { type CheckedMessage, createMessageCheck } from "../../src/wire/message-check.ts";
import { createSealer, sealFrame, sealGreeting } from "../../src/wire/seal.ts";
import { threadCodecUrl } from "../../src/wire/thread-codec-url.ts";
import { closing, event, joinedStreams, startNode } from "../libp2p/setup.ts";
import { domain, networkId, offerOf, type Party, party, recordOf, settingsOf } from "./parties.ts";

const worker = party();
const coordinator = party();
const sealer = (wallet: Wallet) => createSealer({ domain, sign: wallet.sign, epoch: 1 });
const lease = { leaseId: `0x${"11".repeat(32)}`, attempt: 1 } as const;

const hello = (owner: Party): WorkerMessage => ({
  type: "hello",
  networkId,
  protocolVersion: 1,
  record: recordOf(owner),
  holding: [],
});
const accepts = (wallet: Wallet): WorkerMessage => ({
  type: "accepts",
  leases: [lease],
  signed: sealFrame(sealer(wallet), "accept", [acceptLeaf(lease)]),
});

describe("a coordinator's check of a work stream", () => {
  const check = () => {
    const { decode } = createMessageCheck(settingsOf("coordinator", coordinator.wallet.address));
    return (message: WorkerMessage, from = worker.peerId) =>
      decode(workProtocol, encodeWorkerMessage(message, 1), from);
  };

  it("names the account that greeted", () => {
    const read = check();
    expect(read(hello(worker))).toMatchObject({ sender: worker.wallet.address, message: { type: "hello" } });
    expect(read(accepts(worker.wallet))).toMatchObject({ sender: worker.wallet.address, message: { leases: [lease] } });
  });

  it("ends a stream on a foreign signature, a foreign record, and words before the greeting", () => {
    const read = check();
    expect(() => read(accepts(worker.wallet))).toThrow("before the greeting");
    expect(() => read(hello(party()))).toThrow("the record is that of");
    read(hello(worker));
    expect(() => read(accepts(coordinator.wallet))).toThrow("not signed by");
    const expired = recordOf(worker, { expiresAt: Date.now() - 1 });
    expect(() => read({ ...hello(worker), record: expired } as WorkerMessage)).toThrow("expired");
  });

  it("reads nothing of other protocols", () => {
    const { decode } = createMessageCheck(settingsOf("coordinator", coordinator.wallet.address));
    expect(decode("/starling/blob/1", Uint8Array.of(255), worker.peerId)).toBeUndefined();
  });
});

describe("a worker's check of a work stream", () => {
  const { decode } = createMessageCheck(settingsOf("worker", worker.wallet.address));
  const read = (message: Parameters<typeof encodeCoordinatorMessage>[0]) =>
    decode(workProtocol, encodeCoordinatorMessage(message, 1), coordinator.peerId);
  const greeting = (by: Party, peerId = coordinator.peerId, now = Date.now()) => {
    const said = { networkId, coordinator: by.wallet.address, epoch: 1 };
    const binding = sealGreeting(sealer(by.wallet), said, { peerId, now });
    return { type: "hello", ...said, protocolVersion: 1, beatEveryMs: 1_000, binding } as const;
  };
  const set = { taskSpec: `0x${"22".repeat(32)}`, commitments: [] } as const;

  it("believes no account that did not sign for the very peer, network and epoch", () => {
    const real = greeting(coordinator);
    expect(read(real)).toMatchObject({ sender: coordinator.wallet.address });
    expect(() => read({ ...real, binding: null })).toThrow("has to be updated");
    expect(() => read({ ...real, coordinator: worker.wallet.address })).toThrow("is not signed by");
    expect(() => read({ ...real, networkId: "other" })).toThrow("is not signed by");
    expect(() => read({ ...real, epoch: 2 })).toThrow("is not signed by");
    expect(() => read(greeting(coordinator, worker.peerId))).toThrow("is not signed by");
    expect(() => read(greeting(coordinator, coordinator.peerId, Date.now() - 25 * 3_600_000))).toThrow("has expired");
  });

  it("wants everything signed by the account of the greeting, and vouchers in its own name", () => {
    read(greeting(coordinator));
    const signed = (wallet: Wallet) => sealFrame(sealer(wallet), "commitSet", [commitSetLeaf(set)]);
    const sets = { type: "commitSets", items: [set] } as const;
    expect(read({ ...sets, signed: signed(coordinator.wallet) })).toMatchObject({ sender: coordinator.wallet.address });
    expect(() => read({ ...sets, signed: signed(worker.wallet) })).toThrow("not signed by");
    const voucher = (holder: Wallet) => {
      const content = { escrowId: `0x${"33".repeat(32)}`, worker: holder.address, cumulative: 9n } as const;
      const signature = coordinator.wallet.sign(voucherDigest(domain, content));
      return { type: "voucher", escrowId: content.escrowId, cumulative: 9n, signature } as const;
    };
    expect(read(voucher(worker.wallet))).toMatchObject({ message: { cumulative: 9n } });
    expect(() => read(voucher(coordinator.wallet))).toThrow("voucher");
  });
});

describe("gossip", () => {
  const { validateGossip } = createMessageCheck(settingsOf("worker", worker.wallet.address));
  const topic = offerTopic(networkId, "wasm");
  const offered = (change = {}, from = coordinator.peerId, on = topic) =>
    validateGossip(on, from, encodeTaskOffer(offerOf(coordinator, change)));

  it("passes on offers that their coordinator signed and sent", async () => {
    expect(await offered()).toMatchObject({ verdict: "accept", decoded: { offer: { open: 3 } } });
    expect(await offered({}, worker.peerId)).toMatchObject({ verdict: "reject" });
    expect(await offered({ networkId: "other" })).toMatchObject({ verdict: "reject" });
    expect(await offered({}, coordinator.peerId, offerTopic(networkId, "gpu"))).toMatchObject({ verdict: "reject" });
    const forged = { ...offerOf(coordinator), signature: offerOf(worker).signature };
    expect(await validateGossip(topic, coordinator.peerId, encodeTaskOffer(forged))).toMatchObject({
      verdict: "reject",
    });
  });

  it("drops what is late or too early without blame, for clocks differ", async () => {
    expect(await offered({ expiresAt: Date.now() - 1 })).toMatchObject({ verdict: "ignore" });
    expect(await offered({ expiresAt: Date.now() + limits.offerMsMax + 60_000 })).toMatchObject({ verdict: "ignore" });
  });

  it("passes on announcements of the worker itself", async () => {
    const announced = async (record = recordOf(worker), from = worker.peerId) =>
      await validateGossip(announcementTopic(networkId), from, encodeAnnouncement({ kind: "joined", record }));
    expect(await announced()).toMatchObject({ verdict: "accept", decoded: { kind: "joined" } });
    expect(await announced(recordOf(worker), coordinator.peerId)).toMatchObject({ verdict: "reject" });
    expect(await announced(recordOf(worker, { expiresAt: Date.now() - 1 }))).toMatchObject({ verdict: "ignore" });
    expect(await announced({ ...recordOf(worker), envelope: recordOf(party()).envelope })).toMatchObject({
      verdict: "reject",
    });
  });
});

describe("a record in the DHT", () => {
  const { validateRecord } = createMessageCheck(settingsOf("worker", worker.wallet.address));

  it("counts under its own key with its sequence", async () => {
    const value = encodeSignedRecord(recordOf(worker));
    expect(await validateRecord(recordKey(worker.peerId), value)).toBe(7n);
    expect(() => validateRecord(recordKey(coordinator.peerId), value)).toThrow("another's record");
  });
});

describe("the codec module", () => {
  it("is loaded by the network thread, checks there, and ends a stream that lies", async () => {
    const settings = settingsOf("coordinator", coordinator.wallet.address);
    const [server, client] = await Promise.all([
      startNode({ codecModule: threadCodecUrl(settings) }),
      startNode({ privateKey: worker.peerKey }),
    ]);
    const [outbound, inbound] = await joinedStreams(client, server, workProtocol);
    const first = event<CheckedMessage<WorkerMessage>>((listener) =>
      inbound.onFrame((_frame, decoded) => listener(decoded as CheckedMessage<WorkerMessage>)),
    );
    await outbound.send(encodeWorkerMessage(hello(worker), 1));
    expect(await first).toMatchObject({ sender: worker.wallet.address, message: { type: "hello" } });
    const ended = closing(inbound);
    await outbound.send(encodeWorkerMessage(accepts(coordinator.wallet), 2));
    expect((await ended)?.message).toContain("not signed by");
  });
});
