// A juror's question and its answer: what is sent arrives, and only the dispute's own task passes for it.
import {
  type DisputeAnswer,
  decodeDisputeAnswer,
  decodeDisputeAsk,
  disputeIdOf,
  encodeDisputeAnswer,
  encodeDisputeAsk,
  isTaskOf,
  keccakText,
  limits,
  taskSpecHash,
  toHex,
  WireError,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { program } from "./arbitrary.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const word = fc.stringMatching(/^[a-z][A-Za-z]{0,30}$/);
const place = fc.record({ jobId: hash, step: word, index: fc.nat({ max: limits.uint32 }) });
const disputeAnswer: fc.Arbitrary<DisputeAnswer> = fc.oneof(
  fc.record({ type: fc.constant("task"), task: fc.record({ escrowId: hash, place, task: program }) }),
  fc.record({ type: fc.constant("refused"), code: word, message: fc.string({ maxLength: 60 }) }),
);

describe("the dispute protocol", () => {
  test("carries questions and answers", () => {
    const disputeId = keccakText("dispute");
    expect(decodeDisputeAsk(encodeDisputeAsk(disputeId))).toBe(disputeId);
    fc.assert(
      fc.property(disputeAnswer, (answer) => {
        expect(decodeDisputeAnswer(encodeDisputeAnswer(answer))).toEqual(answer);
      }),
    );
  });

  test("refuses ids of another length, answers without content and frames that are too long", () => {
    expect(() => decodeDisputeAsk(encodeDisputeAsk("0x1234"))).toThrow(WireError);
    expect(() => decodeDisputeAnswer(new Uint8Array())).toThrow(WireError);
    expect(() => decodeDisputeAnswer(new Uint8Array(limits.workFrameBytes + 1))).toThrow(/more than/);
  });
});

describe("the task of a dispute", () => {
  test("is the one whose hash the dispute's id holds, at its place and in its escrow", () => {
    fc.assert(
      fc.property(disputeAnswer, (answer) => {
        fc.pre(answer.type === "task");
        const { task } = answer;
        const disputeId = disputeIdOf(task.escrowId, taskSpecHash(task.place, task.task));
        expect(isTaskOf(disputeId, task)).toBe(true);
        expect(isTaskOf(disputeId, { ...task, escrowId: keccakText("other escrow") })).toBe(false);
        expect(isTaskOf(disputeId, { ...task, place: { ...task.place, index: task.place.index + 1 } })).toBe(false);
        expect(isTaskOf(disputeId, { ...task, task: { ...task.task, seed: task.task.seed + 1 } })).toBe(false);
      }),
    );
  });
});
