// Amounts, durations, sizes, codes, topics and DHT keys: what is read is what is written, and what is wrong is named.
import {
  announcementTopic,
  capabilityKey,
  coordinatorKeys,
  errorCodeRow,
  errorCodes,
  formatAmount,
  formatDuration,
  formatSize,
  isNetworkId,
  offerTopic,
  parseAmount,
  parseBaseUnits,
  parseDuration,
  parseSize,
  peerIdOfPublicKey,
  priceBucketsUpTo,
  recordKey,
  scaleAmount,
  shardOf,
  shardsAt,
  vramBucketsFrom,
  type WorkerRecord,
  workerBuckets,
  workerKeys,
  zeroHash,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const problemOf = (outcome: { ok: true } | { ok: false; problem: string }): string =>
  outcome.ok ? "" : outcome.problem;

describe("amounts", () => {
  test("are written and read back without loss", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 100n }), (value) => {
        expect(parseAmount(formatAmount(value))).toEqual({ ok: true, value });
        expect(parseBaseUnits(String(value))).toBe(value);
      }),
    );
    expect(formatAmount(50_000n)).toBe("0.05 USD");
    expect(formatAmount(12_000_000n)).toBe("12.00 USD");
    expect(formatAmount(-1n)).toBe("-0.000001 USD");
  });

  test("say what is wrong", () => {
    expect(problemOf(parseAmount("12"))).toBe('"12" has no unit: write "12 USD"');
    expect(problemOf(parseAmount("12 EUR"))).toContain('"EUR" is not a unit of money here');
    expect(problemOf(parseAmount("0.0000001 USD"))).toContain("finer than 0.000001 USD");
    expect(problemOf(parseAmount("-1 USD"))).toContain("is not an amount");
    expect(problemOf(parseAmount(`${"9".repeat(30)}999 USD`))).not.toBe("");
    expect(parseBaseUnits("01")).toBeNull();
    expect(parseBaseUnits("1e3")).toBeNull();
    expect(parseBaseUnits(String(2n ** 128n))).toBeNull();
  });

  test("are rounded only as told", () => {
    const third = { numerator: 1n, denominator: 3n };
    expect(scaleAmount(10n, third, "down")).toBe(3n);
    expect(scaleAmount(10n, third, "up")).toBe(4n);
    expect(scaleAmount(9n, third, "up")).toBe(3n);
    expect(() => scaleAmount(-1n, third, "up")).toThrow(/not negative/);
  });
});

describe("durations and sizes", () => {
  test("are read with their units", () => {
    expect(parseDuration("30s")).toEqual({ ok: true, value: 30_000 });
    expect(parseDuration("2h")).toEqual({ ok: true, value: 7_200_000 });
    expect(parseSize("64Mi")).toEqual({ ok: true, value: 67_108_864 });
    expect(formatDuration(90_500)).toBe("1m 30s");
    expect(formatDuration(250)).toBe("250ms");
    expect(formatSize(67_108_864)).toBe("64Mi");
    expect(formatSize(1536)).toBe("1.5Ki");
    expect(formatSize(5)).toBe("5B");
  });

  test("whole units are written and read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.constantFrom("B", "Ki", "Mi", "Gi"), (count, unit) => {
        const read = parseSize(`${count}${unit}`);
        expect(read.ok && formatSize(read.value)).toBe(`${count}${unit}`);
      }),
    );
  });

  test("name the units when one is missing or wrong", () => {
    expect(problemOf(parseDuration("10"))).toBe('"10" has no unit; the units are ms, s, m, h, d, as in "10m"');
    expect(problemOf(parseDuration("10min"))).toContain('"min" is not a unit of time');
    expect(problemOf(parseDuration("soon"))).toContain("is not a duration");
    expect(problemOf(parseSize("64MB"))).toContain('"MB" is not a unit of size; the units are B, Ki, Mi, Gi, Ti');
    expect(problemOf(parseSize("1.5Gi"))).toContain("is not a size");
  });
});

test("every code has a row, and an unknown one is no server error", () => {
  for (const [code, row] of Object.entries(errorCodes)) expect(errorCodeRow(code)).toEqual(row);
  expect(errorCodeRow("neverHeard")).toEqual({ status: 9, retryHelps: false, exit: 1 });
  expect(errorCodeRow("hasOwnProperty").status).toBe(9);
  expect(errorCodes.notPlaced.exit).toBe(2);
});

test("topics carry network, class and version", () => {
  expect(offerTopic("devnet", "wasm")).toBe("/starling/devnet/offers/wasm/1");
  expect(announcementTopic("devnet")).toBe("/starling/devnet/workers/1");
  expect(isNetworkId("dev-net")).toBe(true);
  expect(isNetworkId("a/b")).toBe(false);
  expect(isNetworkId("")).toBe(false);
});

const gibibyte = 1024 ** 3;
const peerId = peerIdOfPublicKey(new Uint8Array(32).fill(3));
const record: WorkerRecord = {
  version: 1,
  networkId: "devnet",
  peerId,
  worker: `0x${"1".repeat(40)}`,
  operator: `0x${"2".repeat(40)}`,
  seq: 1,
  expiresAt: 1,
  resources: {
    arch: "arm64",
    cpuModel: "x",
    cpuCores: 1,
    memoryBytes: 1,
    diskBytes: 1,
    accelerators: [
      { vendor: "nvidia", model: "x", vramBytes: 24_564 * 1024 ** 2, arch: "sm_89", driver: "1", uuid: "u" },
    ],
  },
  classes: [{ name: "wasm", engine: "x", calibration: zeroHash }],
  slots: 1,
  pricePerTask: 1000n,
  addresses: [],
  region: "eu",
};

describe("capability keys", () => {
  test("name every bucket of a record, with what drivers report short forgiven", () => {
    expect(workerBuckets(record)).toEqual([
      "arch/arm64",
      "class/wasm",
      "gpu/nvidia",
      "price<=1024",
      "region/eu",
      "vram>=24",
    ]);
    const space = { networkId: "devnet", shardDepth: 2 };
    const shard = shardOf(peerId, 2);
    expect(shard).toMatch(/^[0-9a-f]{2}$/);
    expect(workerKeys(space, record)).toContain(`/starling/devnet/class/wasm/${shard}`);
    expect(shardsAt(2)).toContain(shard);
    expect(coordinatorKeys(space, { peerId, classes: ["wasm"] })).toEqual([
      capabilityKey(space, "role/coordinator/wasm", shard),
    ]);
    expect(workerKeys({ networkId: "devnet", shardDepth: 0 }, record)).toContain("/starling/devnet/class/wasm/all");
    expect(recordKey(peerId)).toContain(peerId);
  });

  test("a look-up finds every worker that fits", () => {
    const withCard = (vramBytes: number): WorkerRecord => ({
      ...record,
      resources: {
        ...record.resources,
        accelerators: record.resources.accelerators.map((card) => ({ ...card, vramBytes })),
      },
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1024, max: 200 * 1024 }),
        fc.integer({ min: 1024, max: 200 * 1024 }),
        (has, wants) => {
          if (has < wants) return;
          const found = workerBuckets(withCard(has * 1024 ** 2)).filter((bucket) => bucket.startsWith("vram"));
          expect(vramBucketsFrom(wants * 1024 ** 2)).toEqual(expect.arrayContaining(found));
        },
      ),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 39n }), fc.bigInt({ min: 0n, max: 2n ** 39n }), (asks, pays) => {
        if (asks > pays) return;
        const found = workerBuckets({ ...record, pricePerTask: asks }).filter((bucket) => bucket.startsWith("price"));
        expect(priceBucketsUpTo(pays)).toEqual(expect.arrayContaining(found));
      }),
    );
    expect(vramBucketsFrom(24 * gibibyte)).toEqual([
      "vram>=24",
      "vram>=32",
      "vram>=48",
      "vram>=64",
      "vram>=80",
      "vram>=96",
      "vram>=128",
      "vram>=192",
      "vram>=256",
    ]);
  });
});
