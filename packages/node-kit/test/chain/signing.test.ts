// Native and fallback signatures are the same bytes, and both refuse what the contracts would refuse.
import { addressOfSecretKey, fromHex, type Hash, keccakText, type Signature, toHex } from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fallbackSecp256k1, loadNativeSecp256k1, recover, sign, signingBackend } from "../../src/chain/signing.ts";

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const secretKeys = fc.bigInt(1n, order - 1n).map((key) => fromHex(`0x${key.toString(16).padStart(64, "0")}`));
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes): Hash => toHex(bytes));

describe("signing", () => {
  const native = loadNativeSecp256k1();
  // There is a prebuilt binary for these machines; a build without it would be slow without anybody's noticing.
  const expected = process.platform === "linux" && process.arch === "x64" ? "native" : (native?.backend ?? "fallback");

  it("uses the native library where there is one", () => {
    expect(signingBackend()).toBe(expected);
  });

  it("gives the same signature and signer by both implementations", () => {
    fc.assert(
      fc.property(secretKeys, digests, (secretKey, digest) => {
        const signature = fallbackSecp256k1.sign(secretKey, digest);
        expect(sign(secretKey, digest)).toBe(signature);
        expect(fallbackSecp256k1.recover(digest, signature)).toBe(addressOfSecretKey(secretKey));
        expect(recover(digest, signature)).toBe(addressOfSecretKey(secretKey));
      }),
      { numRuns: 25 },
    );
  });

  it("agrees on damaged signatures", () => {
    const secretKey = fromHex(`0x${"11".repeat(32)}`);
    const digest = keccakText("starling");
    fc.assert(
      fc.property(fc.nat(64), fc.nat(255), (place, value) => {
        const bytes = fromHex(sign(secretKey, digest));
        bytes[place] = value;
        const damaged: Signature = toHex(bytes);
        expect(recover(digest, damaged)).toBe(fallbackSecp256k1.recover(digest, damaged));
      }),
      { numRuns: 60 },
    );
  });

  it("refuses a high s, which would be a second form of the same signature", () => {
    const secretKey = fromHex(`0x${"22".repeat(32)}`);
    const digest = keccakText("starling");
    const signature = sign(secretKey, digest);
    const s = order - BigInt(`0x${signature.slice(66, 130)}`);
    const v = signature.endsWith("1b") ? "1c" : "1b";
    const twin: Signature = `0x${signature.slice(2, 66)}${s.toString(16).padStart(64, "0")}${v}`;
    for (const one of [recover, fallbackSecp256k1.recover]) expect(one(digest, twin)).toBeNull();
  });

  it("refuses text that is no signature", () => {
    for (const one of [recover, fallbackSecp256k1.recover]) {
      expect(one(keccakText("x"), "0x")).toBeNull();
      expect(one(keccakText("x"), `0x${"00".repeat(65)}`)).toBeNull();
    }
  });
});
