// The audit lottery: drawn after the commitments, from a ticket that the payer bound himself to before. Neither side can steer it.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { assert } from "@starling/kernel";
import { concat, sha256, taggedDigest } from "../digest.ts";
import { fromHex, toHex } from "../hex.ts";
import type { Hash } from "../ids.ts";
import {
  type MerkleTree,
  merkleClaimRoot,
  merkleDepth,
  merkleProof,
  type TreeSlices,
  treeInSlices,
  withoutPause,
} from "../merkle.ts";
import type { CommitSetItem } from "../work-message.ts";
import { ppm } from "./terms.ts";

const ticketLabel = utf8ToBytes("starling/ticket/1");
const drawLabel = utf8ToBytes("starling/draw/1");
const termsLabel = utf8ToBytes("starling/lottery/1");

/** The ticket of a task, x_i: HKDF-Expand (RFC 5869, one block) of the job's secret over the task's position. Map tasks by index, then reduce. */
export function lotteryTicket(secret: Hash, position: number): Hash {
  return toHex(hmac(nobleSha256, fromHex(secret), infoOf(position)));
}

/** What stands in the tree for a ticket that is not opened yet. */
export function lotteryLeaf(ticket: Hash): Hash {
  return toHex(sha256(concat(ticketLabel, fromHex(ticket))));
}

/**
 * The tree over the tickets of all tasks of a job; its root stands in the payer's order, joined with the rate. Only we read it, so its
 * nodes are SHA-256: a million tasks take six seconds (measured on one core).
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

/** What a payer binds himself to: all tickets by the root of their tree, how many there are, and the chance that each is drawn. */
export interface LotteryTerms {
  readonly ticketRoot: Hash;
  /** Tasks of the job, the reduce task included. */
  readonly tasks: number;
  /** Parts per million. */
  readonly auditPpm: number;
}

/** An order's `lotteryRoot`. One who has the order and these terms needs nothing else of the job's spec to know the rate. */
export function lotteryRoot({ ticketRoot, tasks, auditPpm }: LotteryTerms): Hash {
  const bytes = new Uint8Array(termsLabel.length + 44);
  bytes.set(termsLabel);
  bytes.set(fromHex(ticketRoot), termsLabel.length);
  const numbers = new DataView(bytes.buffer, termsLabel.length + 32);
  numbers.setBigUint64(0, BigInt(tasks));
  numbers.setUint32(8, auditPpm);
  return toHex(sha256(bytes));
}

/** The same from the secret, over so many tasks that are drawn at a rate. */
export function lotteryRootFrom(secret: Hash, { tasks, auditPpm }: Omit<LotteryTerms, "ticketRoot">): Hash {
  return lotteryRoot({ ticketRoot: lotteryTree(secret, tasks).root, tasks, auditPpm });
}

/** What an order binds its payer to: the terms, or as orders did before, the tickets alone. Null where these are not its terms. */
type LotteryBond = "terms" | "tickets" | null;

/** What the `lotteryRoot` of an order says of these terms. */
export function lotteryBond(root: Hash, terms: LotteryTerms): LotteryBond {
  if (root === lotteryRoot(terms)) return "terms";
  return root === terms.ticketRoot ? "tickets" : null;
}

/** Whether the opened ticket is the one of this task. The proof's length is fixed, so that no node of the tree passes for a ticket. */
export function isTicketOf(
  { ticketRoot, tasks }: Omit<LotteryTerms, "auditPpm">,
  position: number,
  ticket: OpenedTicket,
): boolean {
  return ticketRootOf(tasks, position, ticket) === ticketRoot;
}

/** The root of the tree in which the ticket stands by its proof; null where a tree of so many tickets has no such place. */
export function ticketRootOf(tasks: number, position: number, { ticket, proof }: OpenedTicket): Hash | null {
  if (position >= tasks || proof.length !== merkleDepth(tasks)) return null;
  return merkleClaimRoot({ index: position, leaf: lotteryLeaf(ticket), proof }, sha256);
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
