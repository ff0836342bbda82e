// A worker and a coordinator with real keys, their signed record and offer, for tests of messages.
import { randomBytes } from "node:crypto";
import {
  type Address,
  offerHash,
  peerIdBytes,
  recordEnvelopeDomain,
  recordPayload,
  recordPayloadType,
  recordRegistrationDigest,
  type SignedTaskOffer,
  type SignedWorkerRecord,
  type SigningDomain,
  type TaskOffer,
  toHex,
  type WorkerRecord,
  zeroHash,
} from "@starling/protocol";
import { signOffer, signPeerBinding, type Wallet, walletOf } from "../../src/chain/wallet.ts";
import { peerIdOfKey } from "../../src/libp2p/peer-key.ts";
import { sealEnvelope } from "../../src/libp2p/signed-envelope.ts";

export const networkId = "test";
export const domain: SigningDomain = {
  chainId: 31337,
  jobEscrow: `0x${"a1".repeat(20)}`,
  stakeRegistry: `0x${"a2".repeat(20)}`,
  court: `0x${"a3".repeat(20)}`,
};

/** Somebody with an account and a peer key. */
export interface Party {
  readonly wallet: Wallet;
  readonly operator: Wallet;
  readonly peerKey: Uint8Array;
  readonly peerId: string;
}

export function party(): Party {
  const peerKey = new Uint8Array(randomBytes(32));
  return {
    wallet: walletOf(randomBytes(32)),
    operator: walletOf(randomBytes(32)),
    peerKey,
    peerId: peerIdOfKey(peerKey),
  };
}

export function recordOf(owner: Party, change: Partial<WorkerRecord> = {}): SignedWorkerRecord {
  const record: WorkerRecord = {
    version: 1,
    networkId,
    peerId: owner.peerId,
    worker: owner.wallet.address,
    operator: owner.operator.address,
    seq: 7,
    expiresAt: Date.now() + 600_000,
    resources: {
      arch: "x86_64",
      cpuModel: "cpu",
      cpuCores: 2,
      memoryBytes: 2 ** 32,
      diskBytes: 2 ** 34,
      accelerators: [],
    },
    classes: [{ name: "wasm", engine: "v8", calibration: zeroHash }],
    slots: 2,
    pricePerTask: 5_000n,
    addresses: ["/ip4/127.0.0.1/tcp/4001"],
    region: "",
    ...change,
  };
  const binding = {
    peerId: peerIdBytes(owner.peerId) ?? new Uint8Array(0),
    seq: record.seq,
    notAfter: Math.floor(record.expiresAt / 1000),
  };
  const content = { domain: recordEnvelopeDomain, payloadType: recordPayloadType, payload: recordPayload(record) };
  return {
    record,
    peerBindingSignature: signPeerBinding(owner.wallet, domain, binding),
    registration: {
      seq: 1,
      operatorSignature: owner.operator.sign(recordRegistrationDigest(domain, record, 1) ?? zeroHash),
    },
    envelope: toHex(sealEnvelope(owner.peerKey, content)),
  };
}

export function offerOf(coordinator: Party, change: Partial<TaskOffer> = {}): SignedTaskOffer {
  const offer: TaskOffer = {
    networkId,
    jobId: `0x${"01".repeat(32)}`,
    escrowId: `0x${"02".repeat(32)}`,
    coordinator: coordinator.wallet.address,
    coordinatorPeerId: coordinator.peerId,
    addresses: ["/ip4/127.0.0.1/tcp/4001"],
    runtimeClass: "wasm",
    needs: { cpuCores: 1, memoryBytes: 2 ** 20, diskBytes: 0, gpu: null },
    open: 3,
    priceCap: 10_000n,
    sequence: 1,
    expiresAt: Date.now() + 60_000,
    ...change,
  };
  return { offer, signature: signOffer(coordinator.wallet, domain, offerHash(offer)) };
}

/** Settings of a check for one side. */
export function settingsOf(role: "worker" | "coordinator", account: Address) {
  return { domain, networkId, role, account };
}
