// Frames and messages from a sandbox that can't be trusted.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFrame, FrameAssembler } from "../../src/shell/executors/wasm/frames.ts";
import { readSandboxMessage } from "../../src/shell/executors/wasm/messages.ts";

function joined(buffers: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(buffers));
}

describe("frames", () => {
  test("arrive whole however they are cut", () => {
    const part = fc.uint8Array({ maxLength: 300 });
    const frame = fc.record({ header: fc.jsonValue(), parts: fc.array(part, { maxLength: 4 }) });
    void fc.assert(
      fc.property(fc.array(frame, { maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (frames, step) => {
        const assembler = new FrameAssembler(100_000);
        const stream = joined(frames.flatMap(({ header, parts }) => encodeFrame(header, parts)));
        const seen: unknown[] = [];
        for (let at = 0; at < stream.length; at += step) {
          assembler.push(stream.subarray(at, at + step));
          for (let next = assembler.next(); next !== undefined; next = assembler.next()) {
            seen.push({ header: next.header, parts: next.parts.map((bytes) => [...bytes]) });
          }
        }
        const sent = frames.map(({ header, parts }) => ({
          header: JSON.parse(JSON.stringify(header)) as unknown,
          parts: parts.map((bytes) => [...bytes]),
        }));
        expect(seen).toEqual(sent);
      }),
    );
  });

  test("that announce too much are refused before they arrive", () => {
    const assembler = new FrameAssembler(1_000);
    const [head] = encodeFrame({}, [new Uint8Array(2_000)]);
    assembler.push(head ?? new Uint8Array(0));
    expect(() => assembler.next()).toThrow(/limit is 1000/);
    const huge = new FrameAssembler(1_000);
    huge.push(Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255));
    expect(() => huge.next()).toThrow(/too large/);
  });

  test("with a header that is no JSON are refused", () => {
    const assembler = new FrameAssembler(1_000);
    assembler.push(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0x7b));
    expect(() => assembler.next()).toThrow();
  });
});

describe("messages", () => {
  const measure = { cpuMs: 1, peakMemoryBytes: 2, bytesOut: 3, fuel: 4 };

  test("that make sense are taken", () => {
    expect(readSandboxMessage({ type: "completed", measure })).toEqual({ type: "completed", measure });
    const failed = { type: "failed", reason: "exit", message: "no", exitCode: 3, measure };
    expect(readSandboxMessage(failed)).toEqual(failed);
    expect(readSandboxMessage({ type: "progress", done: 1, total: 2, metric: "x" })).toEqual({
      type: "progress",
      done: 1,
      total: 2,
    });
  });

  test("that don't are not", () => {
    for (const message of [
      null,
      1,
      {},
      { type: "paid" },
      { type: "completed" },
      { type: "completed", measure: { ...measure, cpuMs: "1" } },
      { type: "completed", measure: { ...measure, fuel: -1 } },
      { type: "completed", measure: { ...measure, fuel: 0.5 } },
      { type: "failed", reason: "because", message: "", measure },
      { type: "progress", done: null, total: 1 },
    ]) {
      expect(readSandboxMessage(message)).toBeUndefined();
    }
  });

  test("carry no control characters and no novels", () => {
    const message = readSandboxMessage({
      type: "failed",
      reason: "trap",
      message: `\u001b[2J${"x".repeat(5_000)}`,
      measure,
    });
    expect(message).toHaveProperty("message", `?[2J${"x".repeat(996)}`);
  });
});
