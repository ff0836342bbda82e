// Gossip between its plain form and the wire: signed offers, and announcements of workers.

import type { Needs as NeedsWire } from "../generated/starling/v1/common.ts";
import {
  SignedTaskOffer as SignedTaskOfferWire,
  type TaskOffer as TaskOfferWire,
  WorkerAnnouncement as WorkerAnnouncementWire,
} from "../generated/starling/v1/gossip.ts";
import type { Needs, SignedTaskOffer, TaskOffer, WorkerAnnouncement } from "../gossip-message.ts";
import { fromHex } from "../hex.ts";
import { limits } from "../limits.ts";
import { runtimeClasses } from "../worker-record.ts";
import { gpuFromWire, gpuToWire } from "./gpu-codec.ts";
import { hostsFromWire } from "./hosts-codec.ts";
import {
  readAddress,
  readAmount,
  readHash,
  readInteger,
  readList,
  readOneOf,
  readPart,
  readPeerId,
  readPositive,
  readSignature,
  readText,
} from "./read.ts";
import { readMultiaddress, signedRecordFromWire, signedRecordToWire } from "./record-codec.ts";
import { decodeWith, WireError } from "./wire-error.ts";

/** Bytes of a signed offer. */
export function encodeTaskOffer(signed: SignedTaskOffer): Uint8Array {
  const { offer } = signed;
  return SignedTaskOfferWire.encode({
    offer: {
      networkId: offer.networkId,
      jobId: fromHex(offer.jobId),
      escrowId: fromHex(offer.escrowId),
      coordinator: fromHex(offer.coordinator),
      coordinatorPeerId: offer.coordinatorPeerId,
      addresses: [...offer.addresses],
      runtimeClass: offer.runtimeClass,
      needs: needsToWire(offer.needs),
      open: offer.open,
      priceCap: String(offer.priceCap),
      sequence: BigInt(offer.sequence),
      expiresAtMs: BigInt(offer.expiresAt),
    },
    signature: fromHex(signed.signature),
  }).finish();
}

/** Reads a signed offer; throws `WireError`. Its signature is not checked here: see `checkOffer`. */
export function decodeTaskOffer(bytes: Uint8Array): SignedTaskOffer {
  checkSize(bytes, "offer");
  const found = decodeWith("offer", () => SignedTaskOfferWire.decode(bytes));
  return {
    offer: offerFromWire(readPart(found.offer, "offer")),
    signature: readSignature(found.signature, "signature"),
  };
}

/** Bytes of an announcement. */
export function encodeAnnouncement(announcement: WorkerAnnouncement): Uint8Array {
  return WorkerAnnouncementWire.encode({
    kind: announcement.kind,
    record: signedRecordToWire(announcement.record),
  }).finish();
}

/** Reads an announcement; throws `WireError`. Its record is not checked here: see `checkSignedRecord`. */
export function decodeAnnouncement(bytes: Uint8Array): WorkerAnnouncement {
  checkSize(bytes, "announcement");
  const found = decodeWith("announcement", () => WorkerAnnouncementWire.decode(bytes));
  return {
    kind: readOneOf(found.kind, ["joined", "changed", "left"], "kind"),
    record: signedRecordFromWire(found.record, "record"),
  };
}

function checkSize(bytes: Uint8Array, what: string): void {
  if (bytes.length > limits.gossipBytes) throw new WireError(what, `has more than ${limits.gossipBytes} bytes`);
}

function offerFromWire(found: TaskOfferWire): TaskOffer {
  return {
    networkId: readText(found.networkId, "offer.networkId", limits.wordLength),
    jobId: readHash(found.jobId, "offer.jobId"),
    escrowId: readHash(found.escrowId, "offer.escrowId"),
    coordinator: readAddress(found.coordinator, "offer.coordinator"),
    coordinatorPeerId: readPeerId(found.coordinatorPeerId, "offer.coordinatorPeerId"),
    addresses: readList({ items: found.addresses, path: "offer.addresses", max: limits.addresses }, readMultiaddress),
    runtimeClass: readOneOf(found.runtimeClass, runtimeClasses, "offer.runtimeClass"),
    needs: needsFromWire(readPart(found.needs, "offer.needs"), "offer.needs"),
    open: readInteger(found.open, "offer.open"),
    priceCap: readAmount(found.priceCap, "offer.priceCap"),
    sequence: readInteger(found.sequence, "offer.sequence"),
    expiresAt: readInteger(found.expiresAtMs, "offer.expiresAt"),
  };
}

function needsToWire(needs: Needs): NeedsWire {
  const { cpuCores, memoryBytes, diskBytes, gpu, hosts = [] } = needs;
  const amounts = { cpuCores, memoryBytes: BigInt(memoryBytes), diskBytes: BigInt(diskBytes), hosts: [...hosts] };
  if (gpu === null) return amounts;
  return { ...amounts, gpu: gpuToWire(gpu) };
}

function needsFromWire(found: NeedsWire, path: string): Needs {
  const { gpu } = found;
  return {
    cpuCores: readPositive(found.cpuCores, `${path}.cpuCores`, limits.cpuCores),
    memoryBytes: readInteger(found.memoryBytes, `${path}.memoryBytes`, limits.memoryBytes),
    diskBytes: readInteger(found.diskBytes, `${path}.diskBytes`, limits.diskBytes),
    gpu: gpu === undefined ? null : gpuFromWire(gpu, `${path}.gpu`),
    ...hostsFromWire(found.hosts, `${path}.hosts`),
  };
}
