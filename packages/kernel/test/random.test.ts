// The generator is ChaCha20 by its test vectors, uniform, and its named streams do not disturb one another.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyFromSeed, randomStreams } from "../src/index.ts";
import { chachaBlock } from "../src/random.ts";

const words = (hex: string): number[] =>
  Array.from(hex.matchAll(/../g), ([byte]) => Number.parseInt(byte, 16)).reduce<number[]>(littleEndian, []);

function littleEndian(all: number[], byte: number, index: number): number[] {
  const word = index >> 2;
  all[word] = ((all[word] ?? 0) | (byte << (8 * (index % 4)))) >>> 0;
  return all;
}

const blockHex = (key: string, counter: number, nonce: string): string =>
  Array.from(chachaBlock(words(key), counter, words(nonce)), (word) =>
    [0, 8, 16, 24].map((shift) => ((word >>> shift) & 0xff).toString(16).padStart(2, "0")).join(""),
  ).join("");

const zeros = (bytes: number): string => "00".repeat(bytes);

describe("chachaBlock", () => {
  it("passes the vector of RFC 8439, section 2.3.2", () => {
    const key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    expect(blockHex(key, 1, "000000090000004a00000000")).toBe(
      "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
    );
  });

  it.each([
    [
      "1",
      zeros(32),
      0,
      zeros(12),
      "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
    ],
    [
      "2",
      zeros(32),
      1,
      zeros(12),
      "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
    ],
    [
      "3",
      `${zeros(31)}01`,
      1,
      zeros(12),
      "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0",
    ],
    [
      "4",
      `00ff${zeros(30)}`,
      2,
      zeros(12),
      "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096",
    ],
    [
      "5",
      zeros(32),
      0,
      `${zeros(11)}02`,
      "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c78a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d",
    ],
  ])("passes vector %s of RFC 8439, appendix A.1", (...[, key, counter, nonce, expected]) => {
    expect(blockHex(key, counter, nonce)).toBe(expected);
  });
});

describe("randomStreams", () => {
  const key = keyFromSeed(7);

  it("repeats itself for the same key and differs for another", () => {
    expect(randomStreams(key)("a").hex(32)).toBe(randomStreams(key)("a").hex(32));
    expect(randomStreams(keyFromSeed(8))("a").hex(32)).not.toBe(randomStreams(key)("a").hex(32));
  });

  it("continues a stream under its name and keeps streams apart", () => {
    const streams = randomStreams(key);
    const first = streams("a").uint32();
    streams("b").uint32();
    const second = streams("a").uint32();
    const alone = randomStreams(key)("a");
    expect([first, second]).toEqual([alone.uint32(), alone.uint32()]);
  });

  it("gives different streams to different names", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 40 }), { minLength: 2, maxLength: 20 }), (names) => {
        const streams = randomStreams(key);
        const starts = new Set(names.map((name) => streams(name).hex(16)));
        expect(starts.size).toBe(names.length);
      }),
    );
  });

  it("stays below every bound", () => {
    const stream = randomStreams(key)("bounds");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), (bound) => {
        const value = stream.below(bound);
        expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
      }),
    );
  });

  it("is uniform: each of ten values comes about as often as the others", () => {
    const stream = randomStreams(key)("uniform");
    const counts = new Array<number>(10).fill(0);
    for (let n = 0; n < 10_000; n += 1) {
      const value = stream.below(10);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    // Chi-squared with nine degrees of freedom; the key is fixed, so this cannot flake.
    const statistic = counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    expect(statistic).toBeLessThan(27.9);
  });

  it("gives chances as asked at both ends", () => {
    const stream = randomStreams(key)("chance");
    expect(Array.from({ length: 50 }, () => stream.chance(0, 5)).some(Boolean)).toBe(false);
    expect(Array.from({ length: 50 }, () => stream.chance(5, 5)).every(Boolean)).toBe(true);
  });

  it.each([0, -1, 1.5, 2 ** 32 + 1, Number.NaN])("refuses the bound %s", (bound) => {
    expect(() => randomStreams(key)("bad").below(bound)).toThrow("out of range");
  });

  it("refuses a short key", () => {
    expect(() => randomStreams([1, 2, 3])).toThrow("eight 32-bit words");
  });

  it("writes hex of the asked length", () => {
    expect(randomStreams(key)("hex").hex(20)).toMatch(/^[0-9a-f]{40}$/);
  });
});
