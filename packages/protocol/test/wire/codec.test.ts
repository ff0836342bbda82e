// The wire form: what is encoded is decoded, and whatever breaks a bound is a WireError that names the field.
import {
  decodeAnnouncement,
  decodeCoordinatorMessage,
  decodeSignedRecord,
  decodeTaskOffer,
  decodeWorkerMessage,
  encodeAnnouncement,
  encodeCoordinatorMessage,
  encodeSignedRecord,
  encodeTaskOffer,
  encodeWorkerMessage,
  limits,
  WireError,
  type WorkerMessage,
  zeroHash,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coordinatorMessage, offer, program, signedRecord, workerMessage } from "./arbitrary.ts";

const number = fc.nat({ max: Number.MAX_SAFE_INTEGER });

/** Byte arrays of other classes and views are equal when their bytes are. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, inner) =>
      inner instanceof Uint8Array ? [...inner] : typeof inner === "bigint" ? `${inner}n` : inner,
    ),
  );

describe("messages of the work stream", () => {
  test("of a worker survive the wire", () => {
    fc.assert(
      fc.property(workerMessage, number, (message, n) => {
        expect(plain(decodeWorkerMessage(encodeWorkerMessage(message, n)))).toEqual(plain({ number: n, message }));
      }),
      { numRuns: 300 },
    );
  });

  test("of a coordinator survive the wire", () => {
    fc.assert(
      fc.property(coordinatorMessage, number, (message, n) => {
        expect(plain(decodeCoordinatorMessage(encodeCoordinatorMessage(message, n)))).toEqual(
          plain({ number: n, message }),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("of a later version are passed over, and so are later fields", () => {
    // Field 900 (length-delimited, two bytes) is no message of this version.
    const later = Uint8Array.of(0x08, 0x05, 0xa2, 0x38, 0x02, 0x01, 0x02);
    expect(decodeWorkerMessage(later)).toEqual({ number: 5, message: null });
    const bye = encodeWorkerMessage({ type: "bye", reason: "done" }, 1);
    const longer = Uint8Array.from([...bye, 0xa2, 0x38, 0x02, 0x01, 0x02]);
    expect(decodeWorkerMessage(longer)).toEqual({ number: 1, message: { type: "bye", reason: "done" } });
  });
});

describe("gossip and records", () => {
  test("survive the wire", () => {
    fc.assert(
      fc.property(offer, signedRecord, (sent, record) => {
        expect(decodeTaskOffer(encodeTaskOffer(sent))).toEqual(sent);
        expect(decodeSignedRecord(encodeSignedRecord(record))).toEqual(record);
        const announcement = { kind: "changed", record } as const;
        expect(decodeAnnouncement(encodeAnnouncement(announcement))).toEqual(announcement);
      }),
    );
  });
});

describe("bytes that are no message", () => {
  const decoders = [
    decodeWorkerMessage,
    decodeCoordinatorMessage,
    decodeTaskOffer,
    decodeAnnouncement,
    decodeSignedRecord,
  ];

  test("are a WireError, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (junk) => {
        for (const decode of decoders) {
          try {
            decode(junk);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("nor is a real frame with one byte changed ever anything but a message or a WireError", () => {
    fc.assert(
      fc.property(workerMessage, fc.nat(), fc.nat({ max: 255 }), (message, at, value) => {
        const bytes = encodeWorkerMessage(message, 1);
        bytes[at % bytes.length] = value;
        try {
          decodeWorkerMessage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("are refused by size before they are read", () => {
    const large = new Uint8Array(limits.workFrameBytes + 1);
    expect(() => decodeWorkerMessage(large)).toThrow(/has more than 1048576 bytes/);
    expect(() => decodeCoordinatorMessage(large)).toThrow(WireError);
    expect(() => decodeTaskOffer(large)).toThrow(WireError);
    expect(() => decodeSignedRecord(large)).toThrow(WireError);
  });
});

describe("a field that breaks a bound is named", () => {
  const signed = { root: zeroHash, count: 1, epoch: 1, sequence: 1, signature: `0x${"0".repeat(130)}` } as const;
  const commit = { leaseId: zeroHash, taskSpec: zeroHash, attempt: 1, commitment: zeroHash } as const;
  const reveal = {
    leaseId: zeroHash,
    taskSpec: zeroHash,
    attempt: 1,
    digest: zeroHash,
    salt: zeroHash,
    outputs: [],
    inline: [],
    usage: { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1 },
  } as const;
  const reveals = { type: "reveals", escrowId: zeroHash, fine: 1n, signed } as const;

  const failure = { leaseId: zeroHash, attempt: 1, kind: "application", reason: "exit", message: "", log: "" } as const;
  const failed = { type: "failures" } as const;
  // What no machine uses, whoever says so.
  const overused = [
    { wallMs: limits.usedMs + 1 },
    { cpuMs: limits.usedCpuMs + 1 },
    { peakMemoryBytes: limits.usedMemoryBytes + 1 },
    { bytesIn: limits.usedBytes + 1 },
    { bytesOut: limits.usedBytes + 1 },
  ];

  const bad: [string, WorkerMessage][] = [
    ["signed.count", { type: "commits", items: [commit, commit], signed }],
    ["items", { type: "commits", items: [], signed: { ...signed, count: 0 } }],
    ["items", { type: "commits", items: Array.from({ length: 257 }, () => commit), signed: { ...signed, count: 257 } }],
    ["items[0].leaseId", { type: "commits", items: [{ ...commit, leaseId: "0x12" }], signed }],
    ["signed.signature", { type: "commits", items: [commit], signed: { ...signed, signature: "0x00" } }],
    [
      "items[0].inline",
      { ...reveals, items: [{ ...reveal, inline: [{ cid: `cid:${"0".repeat(64)}`, bytes: new Uint8Array(65_537) }] }] },
    ],
    [
      "items[0].outputs[0].name",
      { ...reveals, items: [{ ...reveal, outputs: [{ name: "../x", cid: `cid:${"0".repeat(64)}`, size: 1 }] }] },
    ],
    [
      "items[0].outputs[0].name",
      { ...reveals, items: [{ ...reveal, outputs: [{ name: "a/b", cid: `cid:${"0".repeat(64)}`, size: 1 }] }] },
    ],
    ["fine", { ...reveals, fine: 2n ** 128n, items: [reveal] }],
    ["freeSlots", { type: "ask", freeSlots: 1e6, classes: [] }],
    ["classes[0]", { type: "ask", freeSlots: 1, classes: ["tpu" as "gpu"] }],
    ["reason", { type: "bye", reason: "x".repeat(2_000) }],
    ["reason", { type: "bye", reason: "\u0007" }],
    [
      "items[0].reason",
      {
        type: "failures",
        items: [{ leaseId: zeroHash, attempt: 1, kind: "application", reason: "two words", message: "", log: "" }],
      },
    ],
    ["items[0].ending.exitCode", { ...failed, items: [{ ...failure, ending: { exitCode: 256 } }] }],
    ["items[0].ending.signal", { ...failed, items: [{ ...failure, ending: { signal: 65 } }] }],
    ...overused.map((more): [string, WorkerMessage] => [
      `items[0].usage.${Object.keys(more)[0]}`,
      { ...reveals, items: [{ ...reveal, usage: { ...reveal.usage, ...more } }] },
    ]),
    ...overused.map((more): [string, WorkerMessage] => [
      `items[0].usage.${Object.keys(more)[0]}`,
      { ...failed, items: [{ ...failure, usage: { ...reveal.usage, ...more } }] },
    ]),
    [
      "items[0].usage.gpuBusyPercent",
      { ...failed, items: [{ ...failure, usage: { ...reveal.usage, gpu: { memoryBytes: 1, busyPercent: 101 } } }] },
    ],
  ];
  test.each(bad)("%s", (path, message) => {
    const bytes = encodeWorkerMessage(message, 1);
    expect(() => decodeWorkerMessage(bytes)).toThrow(WireError);
    expect(() => decodeWorkerMessage(bytes)).toThrow(`${path}: `);
  });

  test("a lease cannot lead a worker out of its directories", () => {
    fc.assert(
      fc.property(program, fc.constantFrom("/etc/passwd", "../x", "a/../../b", "a\\b", "", "a//b"), (task, path) => {
        const item = {
          ...commit,
          jobId: zeroHash,
          step: "map",
          index: 0,
          escrowId: zeroHash,
          payer: `0x${"1".repeat(40)}`,
          price: 1n,
          fine: 1n,
          leaseMs: 1,
          traceId: "t",
          task: { ...task, outputs: [{ name: "a", path }] },
        } as const;
        const bytes = encodeCoordinatorMessage({ type: "leases", items: [item], signed }, 1);
        expect(() => decodeCoordinatorMessage(bytes)).toThrow(/items\[0\]\.task\.outputs\[0\]\.path/);
      }),
    );
  });
});
