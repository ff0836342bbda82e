// Names that follow from content: the same submission, task or attempt has the same id everywhere and after every restart.
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { abiHash, abiKeccak, abiUint } from "./abi-encode.ts";
import { concat, keccakHex } from "./digest.ts";
import { fromHex } from "./hex.ts";
import type { Address, JobId, LeaseId, TaskId, TaskSpecHash } from "./ids.ts";

const TASK_ID = /^(0x[0-9a-f]{64})\/([a-z][a-zA-Z0-9-]{0,31})\/(0|[1-9][0-9]{0,8})$/;

/** `keccak256(payer ++ utf8(idempotencyKey))`: a second submission with the same key is the same job. */
export function jobIdOf(payer: Address, idempotencyKey: string): JobId {
  return keccakHex(concat(fromHex(payer), utf8ToBytes(idempotencyKey)));
}

/** `keccak256(abi.encode(taskSpec, attempt))`: the attempt rises with every lease of a task, so this is unique. */
export function leaseIdOf(taskSpec: TaskSpecHash, attempt: number): LeaseId {
  return abiKeccak(abiHash(taskSpec), abiUint(attempt, 32));
}

/** Where a task stands in its job. */
export interface TaskPlace {
  readonly jobId: JobId;
  /** `map` or `reduce`. */
  readonly step: string;
  /** Number of the task in its step, from zero. */
  readonly index: number;
}

/** `<jobId>/<step>/<index>`. */
export function taskIdOf(place: TaskPlace): TaskId {
  return `${place.jobId}/${place.step}/${place.index}`;
}

/** The inverse of `taskIdOf`, or null for anything else. */
export function parseTaskId(taskId: string): TaskPlace | null {
  const match = TASK_ID.exec(taskId);
  if (match === null) return null;
  return { jobId: match[1] as JobId, step: match[2] ?? "", index: Number(match[3]) };
}
