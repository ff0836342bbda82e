// A juror's question and its answer between their plain form and the wire.
import type { DisputeAnswer, DisputedTask } from "../disputed-task.ts";
import {
  DisputeAnswer as AnswerWire,
  DisputeAsk as AskWire,
  type DisputedTask as TaskWire,
} from "../generated/starling/v1/dispute.ts";
import { fromHex } from "../hex.ts";
import type { Hash } from "../ids.ts";
import { limits } from "../limits.ts";
import { readHash, readInteger, readPart, readText, readWord } from "./read.ts";
import { programFromWire, programToWire } from "./task-codec.ts";
import { decodeWith, WireError } from "./wire-error.ts";

/** Bytes of a question for the task of a dispute. */
export function encodeDisputeAsk(disputeId: Hash): Uint8Array {
  return AskWire.encode({ disputeId: fromHex(disputeId) }).finish();
}

/** Reads a question; throws `WireError`. */
export function decodeDisputeAsk(bytes: Uint8Array): Hash {
  checkSize(bytes);
  return readHash(decodeWith("ask", () => AskWire.decode(bytes)).disputeId, "disputeId");
}

/** Bytes of an answer. */
export function encodeDisputeAnswer(answer: DisputeAnswer): Uint8Array {
  if (answer.type === "task")
    return AnswerWire.encode({ answer: { $case: "task", value: taskToWire(answer.task) } }).finish();
  const { code, message } = answer;
  return AnswerWire.encode({ answer: { $case: "refused", value: { code, message } } }).finish();
}

/** Reads an answer; throws `WireError`. Whether it is the task of the dispute says `isTaskOf`. */
export function decodeDisputeAnswer(bytes: Uint8Array): DisputeAnswer {
  checkSize(bytes);
  const { $case, value } = readPart(decodeWith("answer", () => AnswerWire.decode(bytes)).answer, "answer");
  if ($case === "task") return { type: "task", task: taskFromWire(value) };
  return { type: "refused", code: readWord(value.code, "code"), message: readText(value.message, "message") };
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.length > limits.workFrameBytes)
    throw new WireError("frame", `has more than ${limits.workFrameBytes} bytes`);
}

function taskToWire({ escrowId, place, task }: DisputedTask): TaskWire {
  const { jobId, step, index } = place;
  return { escrowId: fromHex(escrowId), jobId: fromHex(jobId), step, index, task: programToWire(task) };
}

function taskFromWire(found: TaskWire): DisputedTask {
  return {
    escrowId: readHash(found.escrowId, "escrowId"),
    place: {
      jobId: readHash(found.jobId, "jobId"),
      step: readWord(found.step, "step"),
      index: readInteger(found.index, "index"),
    },
    task: programFromWire(readPart(found.task, "task"), "task"),
  };
}
