// The audit lottery: drawn after the commitments, from a ticket that the payer bound himself to before. Neither side can steer it.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { assert } from "@starling/kernel";
import { concat, sha256, taggedDigest } from "../digest.ts";
import { fromHex, toHex } from "../hex.ts";
import type { Hash } from "../ids.ts";
import { type MerkleTree, merkleProof, merkleVerify, type TreeSlices, treeInSlices, withoutPause } from "../merkle.ts";
import type { CommitSetItem } from "../work-message.ts";
import { ppm } from "./terms.ts";

const ticketLabel = utf8ToBytes("starling/ticket/1");
const drawLabel = utf8ToBytes("starling/draw/1");

/** The ticket of a task, x_i: HKDF-Expand (RFC 5869, one block) of the job's secret over the task's position. Map tasks by index, then reduce. */
export function lotteryTicket(secret: Hash, position: number): Hash {
  return toHex(hmac(nobleSha256, fromHex(secret), infoOf(position)));
}

/** What stands in the tree for a ticket that is not opened yet. */
export function lotteryLeaf(ticket: Hash): Hash {
  return toHex(sha256(concat(ticketLabel, fromHex(ticket))));
}

/**
 * The tree over the tickets of all tasks of a job; its root stands in the payer's order. Only we read it, so its nodes are SHA-256: a
 * million tasks take six seconds (measured on one core).
 */
export function lotteryTree(secret: Hash, tasks: number): MerkleTree {
  return withoutPause(lotteryTreeInSlices(secret, { tasks, slice: Number.MAX_SAFE_INTEGER }));
}

/** The same, with a pause after every so many hashes. */
export function* lotteryTreeInSlices(
  secret: Hash,
  { tasks, slice }: { readonly tasks: number; readonly slice: number },
): TreeSlices {
  assert(tasks > 0, "a lottery has at least one ticket");
  const ticketOf = hmacUnder(fromHex(secret));
  const leaves = new Uint8Array(32 * tasks);
  const preimage = concat(ticketLabel, new Uint8Array(32));
  for (let position = 0; position < tasks; position += 1) {
    preimage.set(ticketOf(infoOf(position)), ticketLabel.length);
    leaves.set(sha256(preimage), 32 * position);
    if (position % slice === slice - 1) yield;
  }
  return yield* treeInSlices(leaves, { hash: sha256, slice });
}

function infoOf(position: number): Uint8Array {
  const info = new Uint8Array(ticketLabel.length + 9);
  info.set(ticketLabel);
  new DataView(info.buffer).setBigUint64(ticketLabel.length, BigInt(position));
  info[info.length - 1] = 1;
  return info;
}

// HMAC (RFC 2104) for a million messages under one key: the library's own would prepare the key anew each time.
function hmacUnder(key: Uint8Array): (message: Uint8Array) => Uint8Array {
  const inner = new Uint8Array(64).fill(0x36);
  const outer = new Uint8Array(64).fill(0x5c);
  for (const [i, byte] of key.entries()) {
    inner[i] = 0x36 ^ byte;
    outer[i] = 0x5c ^ byte;
  }
  return (message) => sha256(concat(outer, sha256(concat(inner, message))));
}

/** An opened ticket with the proof that the payer bound himself to it. */
export interface OpenedTicket {
  readonly ticket: Hash;
  readonly proof: readonly Hash[];
}

/** Where a ticket stands: the job's secret and the position of the task. */
export interface TicketPlace {
  readonly secret: Hash;
  readonly position: number;
}

/** Opens the ticket of one task, for the worker and for the receipt. */
export function openTicket(tree: MerkleTree, { secret, position }: TicketPlace): OpenedTicket {
  return { ticket: lotteryTicket(secret, position), proof: merkleProof(tree, position, sha256) };
}

/** Whether the opened ticket is the one under the order's root. */
export function isTicketOf(root: Hash, position: number, { ticket, proof }: OpenedTicket): boolean {
  return merkleVerify({ root, index: position, leaf: lotteryLeaf(ticket), proof }, sha256);
}

/** A closed commit set as one hash: what the draw is made over. */
export function commitSetHash({ taskSpec, commitments }: CommitSetItem): Hash {
  return taggedDigest("commitSet", { taskSpec, commitments });
}

/** Whether the lottery has the results of this set run once more: `HMAC(x_i, set)` falls below the rate. */
export function isDrawn(ticket: Hash, set: Hash, auditPpm: number): boolean {
  const drawn = hmac(nobleSha256, fromHex(ticket), concat(drawLabel, fromHex(set)));
  const number = new DataView(drawn.buffer, drawn.byteOffset, 8).getBigUint64(0);
  return number * BigInt(ppm) < BigInt(auditPpm) << 64n;
}
