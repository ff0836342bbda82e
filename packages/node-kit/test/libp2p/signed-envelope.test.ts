// Our peer ids and envelopes are libp2p's: checked against libp2p's own code, both ways.
import { randomBytes } from "node:crypto";
import { generateKeyPairFromSeed, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { RecordEnvelope } from "@libp2p/peer-record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSignedByPeer, peerIdOfKey, peerKeySeed, signAsPeer } from "../../src/libp2p/peer-key.ts";
import { openEnvelope, sealEnvelope } from "../../src/libp2p/signed-envelope.ts";

const domain = "starling-test";
const payloadType = Buffer.from("/starling/test");

describe("peer keys", () => {
  it("give libp2p's peer ids and signatures, in each of the three forms", async () => {
    const seed = new Uint8Array(randomBytes(32));
    const key = await generateKeyPairFromSeed("Ed25519", seed);
    const expected = peerIdFromPrivateKey(key).toString();
    for (const form of [seed, key.raw, privateKeyToProtobuf(key)]) {
      expect(peerIdOfKey(form)).toBe(expected);
      expect(peerKeySeed(form)).toEqual(seed);
    }
    const message = Buffer.from("a message");
    expect(signAsPeer(seed, message)).toEqual(new Uint8Array(await key.sign(message)));
    expect(isSignedByPeer(expected, message, signAsPeer(seed, message))).toBe(true);
    expect(isSignedByPeer(expected, Buffer.from("another"), signAsPeer(seed, message))).toBe(false);
    expect(isSignedByPeer("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", message, seed)).toBe(false);
    expect(() => peerIdOfKey(new Uint8Array(31))).toThrow(RangeError);
  });
});

describe("signed envelopes", () => {
  it("are opened by libp2p, and libp2p's by us", async () => {
    const seed = new Uint8Array(randomBytes(32));
    const key = await generateKeyPairFromSeed("Ed25519", seed);
    for (const size of [0, 1, 127, 128, 5_000, 40_000]) {
      const payload = new Uint8Array(randomBytes(size));
      const ours = sealEnvelope(seed, { domain, payloadType, payload });
      const opened = await RecordEnvelope.openAndCertify(ours, domain);
      expect(Buffer.compare(opened.payload.subarray(), payload)).toBe(0);
      const record = { domain, codec: payloadType, marshal: () => payload, equals: () => false };
      const theirs = (await RecordEnvelope.seal(record, key)).marshal();
      expect(openEnvelope(theirs, domain)?.peerId).toBe(peerIdOfKey(seed));
    }
  });

  it("are refused in another domain, and after any change of a byte", () => {
    const seed = new Uint8Array(randomBytes(32));
    const envelope = sealEnvelope(seed, { domain, payloadType, payload: Buffer.from("payload") });
    expect(openEnvelope(envelope, domain)).not.toBeNull();
    expect(openEnvelope(envelope, "another-domain")).toBeNull();
    fc.assert(
      fc.property(fc.nat(envelope.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = envelope.map((byte, index) => (index === at ? byte ^ change : byte));
        const opened = openEnvelope(changed, domain);
        expect(opened === null || opened.peerId !== peerIdOfKey(seed)).toBe(true);
      }),
    );
  });

  it("never throw on bytes from strangers", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => openEnvelope(bytes, domain) === null));
    expect(openEnvelope(new Uint8Array(100_000), domain)).toBeNull();
  });
});
