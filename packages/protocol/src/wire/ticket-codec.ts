// Opened tickets of the audit lottery between their plain form and the wire.
import type * as wire from "../generated/starling/v1/work.ts";
import { fromHex, toHex } from "../hex.ts";
import type { Hash } from "../ids.ts";
import type { JobOrder } from "../job.ts";
import type { TaskPlace } from "../job-id.ts";
import { limits } from "../limits.ts";
import { merkleDepth } from "../merkle.ts";
import { ppm } from "../trust/terms.ts";
import type { TicketItem, TicketTerms } from "../work-message.ts";
import {
  readAddress,
  readAmount,
  readHash,
  readInteger,
  readPart,
  readPositive,
  readSignature,
  readWord,
} from "./read.ts";
import { WireError } from "./wire-error.ts";

const HASH_BYTES = 32;
/** Of a tree over all tickets of the largest job, the reduce task's included. */
const PROOF_MAX = merkleDepth(limits.tasks + 1);

/** The wire form of what all tickets of a frame share. */
export function ticketTermsToWire(
  terms: TicketTerms,
): Pick<wire.Tickets, "order" | "orderSignature" | "tasks" | "auditPpm" | "ticketRoot"> {
  const { order, orderSignature, ticketRoot, tasks, auditPpm } = terms;
  const signed = { order: orderToWire(order), orderSignature: fromHex(orderSignature) };
  const joined = ticketRoot === order.lotteryRoot ? new Uint8Array() : fromHex(ticketRoot);
  return { ...signed, ticketRoot: joined, tasks, auditPpm };
}

/** What all tickets of a frame share; throws `WireError`. */
export function ticketTermsFromWire(found: wire.Tickets): TicketTerms {
  const order = orderFromWire(readPart(found.order, "order"));
  return {
    order,
    orderSignature: readSignature(found.orderSignature, "orderSignature"),
    ticketRoot: found.ticketRoot.length === 0 ? order.lotteryRoot : readHash(found.ticketRoot, "ticketRoot"),
    tasks: readPositive(found.tasks, "tasks", limits.tasks + 1),
    auditPpm: readInteger(found.auditPpm, "auditPpm", ppm),
  };
}

/** The wire form of one ticket. */
export function ticketToWire({ taskSpec, ticket, proof, drawn }: TicketItem): wire.Ticket {
  const siblings = new Uint8Array(HASH_BYTES * proof.length);
  for (const [i, sibling] of proof.entries()) siblings.set(fromHex(sibling), HASH_BYTES * i);
  const head = { taskSpec: fromHex(taskSpec), ticket: fromHex(ticket), proof: siblings };
  return drawn === null ? head : { ...head, drawn };
}

/** The wire form of a task's place. */
export function taskPlaceToWire({ jobId, step, index }: TaskPlace): wire.TaskPlace {
  return { jobId: fromHex(jobId), step, index };
}

/** A task's place; throws `WireError`. */
export function taskPlaceFromWire(found: wire.TaskPlace, path: string): TaskPlace {
  return {
    jobId: readHash(found.jobId, `${path}.jobId`),
    step: readWord(found.step, `${path}.step`),
    index: readInteger(found.index, `${path}.index`, limits.tasks),
  };
}

/** One ticket; throws `WireError`. */
export function ticketFromWire(found: wire.Ticket, path: string): TicketItem {
  return {
    taskSpec: readHash(found.taskSpec, `${path}.taskSpec`),
    ticket: readHash(found.ticket, `${path}.ticket`),
    proof: readProof(found.proof, `${path}.proof`),
    drawn: found.drawn ?? null,
  };
}

function readProof(bytes: Uint8Array, path: string): readonly Hash[] {
  const count = bytes.length / HASH_BYTES;
  if (!Number.isInteger(count) || count > PROOF_MAX)
    throw new WireError(path, `has ${bytes.length} bytes, not up to ${PROOF_MAX} hashes`);
  return Array.from({ length: count }, (_, i) => toHex(bytes.subarray(HASH_BYTES * i, HASH_BYTES * (i + 1))));
}

function orderToWire(order: JobOrder): wire.TicketOrder {
  return {
    requester: fromHex(order.requester),
    coordinator: fromHex(order.coordinator),
    budget: String(order.budget),
    specHash: fromHex(order.specHash),
    lotteryRoot: fromHex(order.lotteryRoot),
    deadline: BigInt(order.deadline),
    salt: fromHex(order.salt),
  };
}

function orderFromWire(found: wire.TicketOrder): JobOrder {
  return {
    requester: readAddress(found.requester, "order.requester"),
    coordinator: readAddress(found.coordinator, "order.coordinator"),
    budget: readAmount(found.budget, "order.budget"),
    specHash: readHash(found.specHash, "order.specHash"),
    lotteryRoot: readHash(found.lotteryRoot, "order.lotteryRoot"),
    deadline: readInteger(found.deadline, "order.deadline"),
    salt: readHash(found.salt, "order.salt"),
  };
}
