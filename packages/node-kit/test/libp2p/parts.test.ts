// The parts of the network that need no network: framing, credit, rates, the gatekeeper.
import type { Connection, Libp2p, MultiaddrConnection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CreditWindow } from "../../src/libp2p/credit.ts";
import { FrameReader, joinFrames, payloadBytes } from "../../src/libp2p/framing.ts";
import { streamCreditBytes, streamCreditFrames } from "../../src/libp2p/limits.ts";
import { profiles } from "../../src/libp2p/profiles.ts";
import { RateBuckets } from "../../src/libp2p/rate-bucket.ts";
import { Gatekeeper } from "../../src/libp2p/thread/gatekeeper.ts";

function readAll(reader: FrameReader): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let bytes = reader.nextBytes(); bytes !== undefined; bytes = reader.nextBytes()) frames.push(reader.take(bytes));
  return frames;
}

describe("framing", () => {
  it("gives back the same frames however the bytes are cut", () => {
    const chunkBytes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }), chunkBytes, (frames, cuts) => {
        const joined = joinFrames(frames);
        expect(payloadBytes(joined.length, frames.length)).toBe(frames.reduce((sum, frame) => sum + frame.length, 0));
        const reader = new FrameReader(80);
        const read: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < joined.length; turn += 1) {
          const end = at + (cuts[turn % cuts.length] ?? 1);
          reader.push(joined.subarray(at, end));
          read.push(...readAll(reader));
          at = end;
        }
        expect(read).toEqual(frames);
        expect(reader.unreadBytes).toBe(0);
      }),
    );
  });

  it("refuses a length before the payload has come", () => {
    const reader = new FrameReader(80);
    reader.push(Uint8Array.of(0, 0, 0, 81));
    expect(() => reader.nextBytes()).toThrow(expect.objectContaining({ code: "FrameTooLarge" }));
  });
});

describe("the credit window", () => {
  it("is bounded in frames and bytes, and lets a large frame go alone", () => {
    const window = new CreditWindow();
    expect(window.hasRoom(2 * streamCreditBytes)).toBe(true);
    window.take(2 * streamCreditBytes);
    expect(window.hasRoom(1)).toBe(false);
    window.giveBack(1, 2 * streamCreditBytes);
    for (let index = 0; index < streamCreditFrames; index += 1) window.take(1);
    expect(window.hasRoom(1)).toBe(false);
    expect(() => window.giveBack(streamCreditFrames + 1, 1)).toThrow("more credit");
  });
});

describe("rate buckets", () => {
  it("allow a burst, then the rate, per key; the key that was silent longest is forgotten", () => {
    const buckets = new RateBuckets({ perSecond: 10, burst: 10, keysMax: 2 });
    const taken = (key: string, nowMs: number) =>
      Array.from({ length: 20 }, () => buckets.take(key, nowMs)).filter(Boolean).length;
    expect(taken("a", 0)).toBe(10);
    expect(taken("a", 500)).toBe(5);
    expect(taken("b", 500)).toBe(10);
    expect(taken("c", 500)).toBe(10);
    expect(taken("a", 500)).toBe(10);
  });
});

describe("the gatekeeper", () => {
  // Only what the gatekeeper reads of a node and of a connection.
  const from = (host: string) => ({ remoteAddr: multiaddr(`/ip4/${host}/tcp/4001`) });
  const crowded = (name: "small" | "public", hosts: readonly string[], newcomer: string) => {
    const gatekeeper = new Gatekeeper(profiles[name]);
    gatekeeper.watch({ getConnections: () => hosts.map(from) as Connection[] } as Libp2p);
    return gatekeeper.gater().denyInboundConnection?.(from(newcomer) as MultiaddrConnection);
  };

  it("keeps one address and one subnet from filling a public node", () => {
    const household = new Array<string>(8).fill("10.0.0.1");
    expect(crowded("public", household, "10.0.0.1")).toBe(true);
    expect(crowded("public", household.slice(1), "10.0.0.1")).toBe(false);
    expect(crowded("public", household, "10.0.0.2")).toBe(false);
    const subnet = Array.from({ length: 32 }, (_, index) => `10.0.0.${index}`);
    expect(crowded("public", subnet, "10.0.0.200")).toBe(true);
    expect(crowded("public", subnet, "10.0.1.1")).toBe(false);
    expect(crowded("small", subnet, "10.0.0.200")).toBe(false);
  });
});
