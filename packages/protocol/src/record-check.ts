// Whether a worker's record is proven: by its hot key, its peer key and its operator, for this network, and not expired.

import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Millis } from "@starling/kernel";
import { canonicalJson } from "./canonical.ts";
import { type OpenEnvelope, openEnvelope } from "./envelope.ts";
import { equalBytes, fromHex } from "./hex.ts";
import type { Address, Hash, Signature } from "./ids.ts";
import { limits } from "./limits.ts";
import { peerIdBytes, peerIdHash } from "./peer-id.ts";
import type { Recover } from "./signature.ts";
import { peerBindingDigest, registrationDigest, type SigningDomain } from "./typed-data.ts";
import type { SignedWorkerRecord, WorkerRecord } from "./worker-record.ts";

/** The domain string of a record's envelope. */
export const recordEnvelopeDomain = "starling-worker-record";
/** The payload type of a record's envelope. */
export const recordPayloadType: Uint8Array = utf8ToBytes("starling/record/1");

/** What a record is checked against. */
export interface RecordContext {
  readonly networkId: string;
  readonly domain: SigningDomain;
  readonly recover: Recover;
  /** Milliseconds since the epoch. */
  readonly now: Millis;
  /** A native one is faster; left out, the pure one is used. */
  readonly openEnvelope?: OpenEnvelope;
}

/** Why a record is not believed. `code` stands in the error table. */
export interface RecordProblem {
  readonly code: "badRecord" | "recordExpired" | "wrongNetwork" | "badSignature";
  readonly message: string;
}

/** The bytes that the peer key signs: the canonical JSON of the record. */
export function recordPayload(record: WorkerRecord): Uint8Array {
  return utf8ToBytes(canonicalJson(record));
}

/** What the hot key signs for a record. `notAfter` is in whole seconds, as contracts count. */
export function recordBindingDigest(domain: SigningDomain, record: WorkerRecord): Hash | null {
  const peerId = peerIdBytes(record.peerId);
  if (peerId === null) return null;
  return peerBindingDigest(domain, {
    peerId,
    worker: record.worker,
    seq: record.seq,
    notAfter: Math.floor(record.expiresAt / 1000),
  });
}

/** What the cold key signs, once, when it takes a worker; the registry has taken the same. */
export function recordRegistrationDigest(
  domain: SigningDomain,
  owned: Pick<WorkerRecord, "operator" | "worker" | "peerId">,
  seq: number,
): Hash | null {
  const hash = peerIdHash(owned.peerId);
  return hash === null
    ? null
    : registrationDigest(domain, { operator: owned.operator, worker: owned.worker, peerIdHash: hash, seq });
}

/** Null when everything holds, or the first thing that does not. The cheap checks come first. */
export function checkSignedRecord(signed: SignedWorkerRecord, context: RecordContext): RecordProblem | null {
  const { record } = signed;
  const { networkId, now } = context;
  if (record.networkId !== networkId) {
    return { code: "wrongNetwork", message: `the record is for the network ${record.networkId}, this is ${networkId}` };
  }
  if (record.expiresAt <= now) return { code: "recordExpired", message: "the record has expired" };
  if (record.expiresAt > now + limits.recordMsMax) {
    return {
      code: "badRecord",
      message: `the record claims to be good for more than ${limits.recordMsMax / 3_600_000} hours`,
    };
  }
  if (record.worker === record.operator) {
    return {
      code: "badRecord",
      message: "worker and operator are the same account: the cold key must not be on the machine",
    };
  }
  return envelopeProblem(signed, context.openEnvelope ?? openEnvelope) ?? signatureProblem(signed, context);
}

// The payload is compared with the record byte by byte, so that there is no second parser to disagree with the first.
function envelopeProblem(signed: SignedWorkerRecord, open: OpenEnvelope): RecordProblem | null {
  const { record } = signed;
  const content = open(fromHex(signed.envelope), recordEnvelopeDomain);
  if (content === null) return { code: "badSignature", message: "the envelope of the record is not signed by its key" };
  if (content.peerId !== record.peerId)
    return { code: "badSignature", message: "the envelope was sealed by another peer" };
  if (!equalBytes(content.payloadType, recordPayloadType) || !equalBytes(content.payload, recordPayload(record))) {
    return { code: "badSignature", message: "the envelope holds another record" };
  }
  return null;
}

function signatureProblem(signed: SignedWorkerRecord, context: RecordContext): RecordProblem | null {
  const { record, registration } = signed;
  const { domain, recover } = context;
  const by = (digest: Hash | null, signature: Signature, signer: Address): boolean =>
    digest !== null && recover(digest, signature) === signer;
  if (!by(recordBindingDigest(domain, record), signed.peerBindingSignature, record.worker)) {
    return { code: "badSignature", message: "the peer binding is not signed by the worker's account" };
  }
  if (
    !by(recordRegistrationDigest(domain, record, registration.seq), registration.operatorSignature, record.operator)
  ) {
    return { code: "badSignature", message: "the registration is not signed by the operator's account" };
  }
  return null;
}
