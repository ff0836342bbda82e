// A refusal survives the wire, and junk from a foreign server is no refusal of ours.
import { decodeStatusDetails, encodeStatusDetails } from "@starling/protocol/rpc";
import fc from "fast-check";
import { expect, test } from "vitest";

test("what is encoded is decoded", () => {
  const text = fc.string({ maxLength: 100 });
  const details = fc.record({
    status: fc.integer({ min: 0, max: 16 }),
    message: text,
    reason: text,
    fields: fc.array(fc.record({ field: text, description: text }), { maxLength: 5 }),
    retryAfterMs: fc.option(fc.nat({ max: 10_000_000 })),
  });
  fc.assert(
    fc.property(details, (sent) => {
      expect(decodeStatusDetails(encodeStatusDetails(sent))).toEqual(sent);
    }),
  );
});

test("long texts are cut and junk is null", () => {
  const long = { status: 3, message: "x".repeat(100_000), reason: "r", fields: [], retryAfterMs: null };
  expect(encodeStatusDetails(long).length).toBeLessThan(2_000);
  expect(decodeStatusDetails(Uint8Array.of(255, 255, 255))).toBeNull();
});
