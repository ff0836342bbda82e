// Frames that are cut by the estimate always fit the wire, and nothing is lost or reordered.
import {
  type CoordinatorMessage,
  encodeCoordinatorMessage,
  encodeWorkerMessage,
  failureBytes,
  framePieces,
  leaseBytes,
  limits,
  revealBytes,
  type WorkerMessage,
  zeroHash,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coordinatorMessage, workerMessage } from "./wire/arbitrary.ts";

const only =
  <T extends { readonly type: string }, K extends T["type"]>(type: K) =>
  (message: T): message is Extract<T, { type: K }> =>
    message.type === type;
const leases = coordinatorMessage.filter(only<CoordinatorMessage, "leases">("leases"));
const reveals = workerMessage.filter(only<WorkerMessage, "reveals">("reveals"));
const failures = workerMessage.filter(only<WorkerMessage, "failures">("failures"));

describe("frame pieces", () => {
  test("never estimate less than an item takes", () => {
    fc.assert(
      fc.property(leases, reveals, failures, (lease, reveal, failure) => {
        const sum = <T>(items: readonly T[], bytesOf: (item: T) => number) =>
          items.reduce((total, item) => total + bytesOf(item), 1_024);
        expect(encodeCoordinatorMessage(lease, 1).length).toBeLessThanOrEqual(sum(lease.items, leaseBytes));
        expect(encodeWorkerMessage(reveal, 1).length).toBeLessThanOrEqual(sum(reveal.items, revealBytes));
        expect(encodeWorkerMessage(failure, 1).length).toBeLessThanOrEqual(sum(failure.items, failureBytes));
      }),
    );
  });

  test("keep every item in order, within both bounds", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400_000 }), { maxLength: 600 }), (sizes) => {
        const pieces = framePieces(sizes, (size) => size);
        expect(pieces.flat()).toEqual(sizes);
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(limits.frameItems);
          expect(piece.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(limits.workFrameBytes);
        }
      }),
    );
    expect(framePieces([], () => 1)).toEqual([]);
    expect(framePieces([9e6, 1], (size) => size)).toEqual([[9e6], [1]]);
  });

  test("the largest failures split to frames that a coordinator takes", () => {
    const item = {
      leaseId: zeroHash,
      attempt: 1,
      kind: "application",
      reason: "exit",
      message: "x",
      log: "\u20ac".repeat(limits.logBytes),
    } as const;
    for (const items of framePieces(
      Array.from({ length: 20 }, () => item),
      failureBytes,
    )) {
      expect(encodeWorkerMessage({ type: "failures", items }, 1).length).toBeLessThanOrEqual(limits.workFrameBytes);
    }
  });
});
