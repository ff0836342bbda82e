// Worker records between their plain form and the wire.
import type * as wire from "../generated/starling/v1/record.ts";
import { SignedWorkerRecord as SignedWorkerRecordWire } from "../generated/starling/v1/record.ts";
import { fromHex, toHex } from "../hex.ts";
import { limits } from "../limits.ts";
import {
  type Accelerator,
  type ClassOffer,
  runtimeClasses,
  type SignedWorkerRecord,
  type WorkerRecord,
  type WorkerResources,
} from "../worker-record.ts";
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
import { decodeWith, WireError } from "./wire-error.ts";

/** Bytes of a signed record, as it is served, gossiped and put into the DHT. */
export function encodeSignedRecord(signed: SignedWorkerRecord): Uint8Array {
  return SignedWorkerRecordWire.encode(signedRecordToWire(signed)).finish();
}

/** Reads a signed record; throws `WireError`. Its signatures are not checked here: see `checkSignedRecord`. */
export function decodeSignedRecord(bytes: Uint8Array): SignedWorkerRecord {
  if (bytes.length > limits.recordBytes) throw new WireError("record", `has more than ${limits.recordBytes} bytes`);
  return signedRecordFromWire(
    decodeWith("record", () => SignedWorkerRecordWire.decode(bytes)),
    "record",
  );
}

/** The wire form, for messages that carry a record. */
export function signedRecordToWire(signed: SignedWorkerRecord): wire.SignedWorkerRecord {
  return {
    record: recordToWire(signed.record),
    peerBindingSignature: fromHex(signed.peerBindingSignature),
    registrationSeq: BigInt(signed.registration.seq),
    operatorSignature: fromHex(signed.registration.operatorSignature),
    envelope: fromHex(signed.envelope),
  };
}

/** The plain form; throws `WireError`. */
export function signedRecordFromWire(found: wire.SignedWorkerRecord | undefined, path: string): SignedWorkerRecord {
  const signed = readPart(found, path);
  if (signed.envelope.length > limits.recordBytes) throw new WireError(`${path}.envelope`, "is too large");
  return {
    record: recordFromWire(readPart(signed.record, `${path}.record`), `${path}.record`),
    peerBindingSignature: readSignature(signed.peerBindingSignature, `${path}.peerBindingSignature`),
    registration: {
      seq: readInteger(signed.registrationSeq, `${path}.registrationSeq`),
      operatorSignature: readSignature(signed.operatorSignature, `${path}.operatorSignature`),
    },
    envelope: toHex(signed.envelope),
  };
}

function recordToWire(record: WorkerRecord): wire.WorkerRecord {
  const { resources } = record;
  return {
    version: record.version,
    networkId: record.networkId,
    peerId: record.peerId,
    worker: fromHex(record.worker),
    operator: fromHex(record.operator),
    seq: BigInt(record.seq),
    expiresAtMs: BigInt(record.expiresAt),
    resources: {
      arch: resources.arch,
      cpuModel: resources.cpuModel,
      cpuCores: resources.cpuCores,
      memoryBytes: BigInt(resources.memoryBytes),
      diskBytes: BigInt(resources.diskBytes),
      accelerators: resources.accelerators.map((card) => ({ ...card, vramBytes: BigInt(card.vramBytes) })),
    },
    classes: record.classes.map(({ name, engine, calibration }) => ({
      name,
      engine,
      calibration: fromHex(calibration),
    })),
    slots: record.slots,
    pricePerTask: String(record.pricePerTask),
    addresses: [...record.addresses],
    region: record.region,
  };
}

function recordFromWire(record: wire.WorkerRecord, path: string): WorkerRecord {
  if (record.version !== 1) throw new WireError(`${path}.version`, `is ${record.version}; only 1 is known`);
  return {
    version: 1,
    networkId: readText(record.networkId, `${path}.networkId`, limits.wordLength),
    peerId: readPeerId(record.peerId, `${path}.peerId`),
    worker: readAddress(record.worker, `${path}.worker`),
    operator: readAddress(record.operator, `${path}.operator`),
    seq: readInteger(record.seq, `${path}.seq`),
    expiresAt: readInteger(record.expiresAtMs, `${path}.expiresAt`),
    resources: resourcesFromWire(readPart(record.resources, `${path}.resources`), `${path}.resources`),
    classes: readList({ items: record.classes, path: `${path}.classes`, max: limits.recordClasses }, classFromWire),
    slots: readPositive(record.slots, `${path}.slots`, limits.slots),
    pricePerTask: readAmount(record.pricePerTask, `${path}.pricePerTask`),
    addresses: readList(
      { items: record.addresses, path: `${path}.addresses`, max: limits.addresses },
      readMultiaddress,
    ),
    region: readText(record.region, `${path}.region`, limits.wordLength),
  };
}

function resourcesFromWire(found: wire.Resources, path: string): WorkerResources {
  return {
    arch: readOneOf(found.arch, ["x86_64", "arm64"], `${path}.arch`),
    cpuModel: readText(found.cpuModel, `${path}.cpuModel`, limits.pathLength),
    cpuCores: readPositive(found.cpuCores, `${path}.cpuCores`),
    memoryBytes: readInteger(found.memoryBytes, `${path}.memoryBytes`),
    diskBytes: readInteger(found.diskBytes, `${path}.diskBytes`),
    accelerators: readList(
      { items: found.accelerators, path: `${path}.accelerators`, max: limits.accelerators },
      acceleratorFromWire,
    ),
  };
}

function acceleratorFromWire(found: wire.Accelerator, path: string): Accelerator {
  return {
    vendor: readOneOf(found.vendor, ["nvidia", "amd", "intel"], `${path}.vendor`),
    model: readText(found.model, `${path}.model`, limits.pathLength),
    vramBytes: readInteger(found.vramBytes, `${path}.vramBytes`),
    arch: readText(found.arch, `${path}.arch`, limits.wordLength),
    driver: readText(found.driver, `${path}.driver`, limits.wordLength),
    uuid: readText(found.uuid, `${path}.uuid`, limits.wordLength),
  };
}

function classFromWire(found: wire.ClassOffer, path: string): ClassOffer {
  return {
    name: readOneOf(found.name, runtimeClasses, `${path}.name`),
    engine: readText(found.engine, `${path}.engine`, limits.pathLength),
    calibration: readHash(found.calibration, `${path}.calibration`),
  };
}

/** A multiaddress as text; whether it can be dialled the network tells. */
export function readMultiaddress(text: string, path: string): string {
  if (!text.startsWith("/")) throw new WireError(path, "is not a multiaddress");
  return readText(text, path, limits.addressLength);
}
