// A record is believed when all three keys signed it, and for nothing less.
import {
  checkSignedRecord,
  decodeSignedRecord,
  encodeSignedRecord,
  openEnvelope,
  type SignedWorkerRecord,
  sealEnvelope,
  toHex,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { domain, recordOf, recover, signRecord, testWorker } from "./keys.ts";

const party = testWorker("one");
const other = testWorker("two");
const signed = signRecord(party, recordOf(party));
const context = { networkId: "devnet", domain, recover, now: 1_700_000_000_000 };
const codeOf = (candidate: SignedWorkerRecord, change: Partial<typeof context> = {}) =>
  checkSignedRecord(candidate, { ...context, ...change })?.code ?? null;

describe("a signed record", () => {
  test("holds, also after the wire", () => {
    expect(codeOf(signed)).toBeNull();
    expect(codeOf(decodeSignedRecord(encodeSignedRecord(signed)))).toBeNull();
  });

  test("is good for one network, one set of contracts, and a while", () => {
    expect(codeOf(signed, { networkId: "other" })).toBe("wrongNetwork");
    expect(codeOf(signed, { domain: { ...domain, stakeRegistry: domain.court } })).toBe("badSignature");
    expect(codeOf(signed, { domain: { ...domain, chainId: 1 } })).toBe("badSignature");
    expect(codeOf(signed, { now: 1_700_000_600_000 })).toBe("recordExpired");
    expect(codeOf(signed, { now: 1_600_000_000_000 })).toBe("badRecord");
  });

  test("needs its own three keys", () => {
    const foreign = signRecord(other, recordOf(other));
    expect(codeOf({ ...signed, envelope: foreign.envelope })).toBe("badSignature");
    expect(codeOf({ ...signed, peerBindingSignature: foreign.peerBindingSignature })).toBe("badSignature");
    expect(codeOf({ ...signed, registration: foreign.registration })).toBe("badSignature");
    expect(codeOf({ ...signed, registration: { ...signed.registration, seq: 2 } })).toBe("badSignature");
    // A thief who signs with his own keys for somebody else's operator.
    const thief = signRecord(
      { ...other, operator: other.operator },
      recordOf(other, { operator: party.operator.address }),
    );
    expect(codeOf(thief)).toBe("badSignature");
    const hot = { ...party, operator: party.worker };
    expect(codeOf(signRecord(hot, recordOf(hot)))).toBe("badRecord");
  });

  test("does not survive any change of the record", () => {
    const changes: Partial<SignedWorkerRecord["record"]>[] = [
      { seq: 4 },
      { slots: 3 },
      { pricePerTask: 1n },
      { addresses: [] },
      { worker: other.worker.address },
      { peerId: other.peerId },
      { resources: { ...signed.record.resources, cpuCores: 64 } },
    ];
    for (const change of changes)
      expect(codeOf({ ...signed, record: { ...signed.record, ...change } })).toBe("badSignature");
  });
});

describe("an envelope", () => {
  const content = { domain: "test", payloadType: Uint8Array.of(1), payload: Uint8Array.of(2, 3) };
  const sealed = sealEnvelope(party.peerSeed, content);

  test("opens in its domain alone", () => {
    expect(openEnvelope(sealed, "test")).toEqual({
      peerId: party.peerId,
      payloadType: Uint8Array.of(1),
      payload: Uint8Array.of(2, 3),
    });
    expect(openEnvelope(sealed, "tesT")).toBeNull();
  });

  test("does not survive a changed byte, nor junk", () => {
    fc.assert(
      fc.property(fc.nat({ max: sealed.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Uint8Array.from(sealed);
        changed[at] = (changed[at] ?? 0) ^ change;
        expect(openEnvelope(changed, "test")).toBeNull();
      }),
      { numRuns: 60 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (junk) => {
        expect(openEnvelope(junk, "test")).toBeNull();
      }),
    );
    expect(toHex(sealed)).toMatch(/^0x0a24080112/);
  });
});
