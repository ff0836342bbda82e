// This worker's signed record: made at the start, made again before it expires, each time with a higher sequence.

import { assert } from "@starling/kernel";
import { recover, sealEnvelope, signPeerBinding, systemClock } from "@starling/node-kit";
import {
  type ClassOffer,
  checkSignedRecord,
  limits,
  peerIdBytes,
  recordEnvelopeDomain,
  recordPayload,
  recordPayloadType,
  type SignedWorkerRecord,
  type SigningDomain,
  toHex,
  type WorkerRecord,
  type WorkerResources,
} from "@starling/protocol";
import type { Registration, WorkerKeys } from "./identity.ts";

/** What a record says and what signs it. */
export interface RecordParts {
  readonly keys: WorkerKeys;
  readonly registration: Registration;
  readonly domain: SigningDomain;
  readonly networkId: string;
  /** Higher at every start, so that sequences of an earlier life are lower. */
  readonly epoch: number;
  readonly resources: WorkerResources;
  readonly classes: readonly ClassOffer[];
  readonly slots: number;
  readonly pricePerTask: bigint;
  readonly region: string;
  readonly addresses: () => readonly string[];
}

/** How long a record is good. */
const LIFE_MS = 24 * 60 * 60 * 1_000;
/** More renewals than a life can have. */
const RENEWALS_PER_EPOCH = 2 ** 20;

/** The record of this process. */
export class OwnRecord {
  readonly #parts: RecordParts;
  readonly #listeners: ((signed: SignedWorkerRecord) => void)[] = [];
  #classes: readonly ClassOffer[];
  #renewals = 0;
  #signed: SignedWorkerRecord;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RecordParts) {
    this.#parts = parts;
    this.#classes = parts.classes;
    this.#signed = this.#sign();
  }

  /** The record that is good now. */
  current(): SignedWorkerRecord {
    return this.#signed;
  }

  /** Renews the record in time, until `stop`. */
  start(): void {
    this.#timer = setInterval(() => this.renew(), LIFE_MS / 2);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Calls back with each new record. */
  onChange(listener: (signed: SignedWorkerRecord) => void): void {
    this.#listeners.push(listener);
  }

  /** Offers these classes from now on. */
  offer(classes: readonly ClassOffer[]): void {
    this.#classes = classes;
    this.renew();
  }

  /** Signs a newer record, as when the addresses changed. */
  renew(): void {
    this.#signed = this.#sign();
    for (const tell of this.#listeners) tell(this.#signed);
  }

  #sign(): SignedWorkerRecord {
    const { keys, registration, domain, networkId } = this.#parts;
    const record = this.#record(systemClock.wallMs());
    const binding = {
      peerId: peerIdBytes(record.peerId) ?? new Uint8Array(0),
      seq: record.seq,
      notAfter: Math.floor(record.expiresAt / 1_000),
    };
    const content = { domain: recordEnvelopeDomain, payloadType: recordPayloadType, payload: recordPayload(record) };
    const signed: SignedWorkerRecord = {
      record,
      peerBindingSignature: signPeerBinding(keys.wallet, domain, binding),
      registration: { seq: registration.seq, operatorSignature: registration.operatorSignature },
      envelope: toHex(sealEnvelope(keys.peerSeed, content)),
    };
    // What others would refuse must be noticed here, not by their silence.
    const problem = checkSignedRecord(signed, { networkId, domain, recover, now: systemClock.wallMs() });
    assert(problem === null, `this worker's record is not valid: ${problem?.message}`);
    return signed;
  }

  #record(nowMs: number): WorkerRecord {
    const { keys, registration, networkId, epoch, resources, slots, pricePerTask, region, addresses } = this.#parts;
    this.#renewals += 1;
    return {
      version: 1,
      networkId,
      peerId: keys.peerId,
      worker: keys.wallet.address,
      operator: registration.operator,
      seq: epoch * RENEWALS_PER_EPOCH + this.#renewals,
      expiresAt: nowMs + LIFE_MS,
      resources,
      classes: this.#classes,
      slots,
      pricePerTask,
      addresses: addresses().slice(0, limits.addresses),
      region,
    };
  }
}
