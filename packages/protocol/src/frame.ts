// Frames carry many items and one signature: the hash of each item, the root over them, and the proof that an item was signed.

import { taggedDigest } from "./digest.ts";
import type { Address, EscrowId, Hash, LeaseId, Signature } from "./ids.ts";
import { type MerkleTree, merkleDepth, merkleProof, merkleVerify } from "./merkle.ts";
import { receiptLeaf } from "./result-digest.ts";
import type { Recover } from "./signature.ts";
import { batchReceiptDigest, type FrameKind, frameDigest, type SigningDomain } from "./typed-data.ts";
import type {
  CommitItem,
  CommitSetItem,
  FrameSignature,
  ItemEvidence,
  LeaseItem,
  RevealItem,
  TicketItem,
  TicketTerms,
  VerdictItem,
} from "./work-message.ts";

/** Hash of a lease. The task itself stands in it by `taskSpec`, so whoever reads a lease must check that first. */
export function leaseLeaf(item: LeaseItem): Hash {
  const { leaseId, jobId, step, index, taskSpec, attempt, escrowId, payer, price, fine, leaseMs, traceId } = item;
  const { gpu, hosts, resume } = item;
  return itemHash("lease", {
    leaseId,
    jobId,
    step,
    index,
    taskSpec,
    attempt,
    escrowId,
    payer,
    price,
    fine,
    leaseMs,
    traceId,
    // Left out where there is none: leases of before have the same hash.
    ...(gpu === undefined ? {} : { gpu }),
    ...(hosts === undefined ? {} : { hosts }),
    ...(resume === undefined ? {} : { resume: { step: resume.step, cid: resume.cid, size: resume.size } }),
  });
}

/** Hash of an acceptance. */
export function acceptLeaf(item: { readonly leaseId: LeaseId; readonly attempt: number }): Hash {
  return itemHash("accept", { leaseId: item.leaseId, attempt: item.attempt });
}

/** Hash of a commitment. */
export function commitLeaf(item: CommitItem): Hash {
  const { leaseId, taskSpec, attempt, commitment } = item;
  return itemHash("commit", { leaseId, taskSpec, attempt, commitment });
}

/** Hash of a closed commit set; the order of its commitments counts. */
export function commitSetLeaf(item: CommitSetItem): Hash {
  const commitments = item.commitments.map(({ worker, attempt, commitment }) => ({ worker, attempt, commitment }));
  return itemHash("commitSet", { taskSpec: item.taskSpec, commitments });
}

/** Hash of a reveal: the receipt leaf that the court knows. */
export function revealLeaf(item: RevealItem): Hash {
  return receiptLeaf(item, item.digest);
}

/** Hash of a verdict. */
export function verdictLeaf(item: VerdictItem): Hash {
  const { leaseId, taskSpec, attempt, verdict, reason } = item;
  return itemHash("verdict", { leaseId, taskSpec, attempt, verdict, reason });
}

/** Hash of an opened ticket, under the terms that it was opened with. */
export function ticketLeaf(terms: Omit<TicketTerms, "orderSignature">, item: TicketItem): Hash {
  const { order, ticketRoot, tasks, auditPpm } = terms;
  const { taskSpec, ticket, proof, drawn } = item;
  // An order of before is over the tickets' root itself, and what is said under it is what was said then.
  const joined = ticketRoot === order.lotteryRoot ? {} : { ticketRoot };
  return itemHash("ticket", { order, ...joined, tasks, auditPpm, taskSpec, ticket, proof, drawn });
}

/** What a receipt keeps of one item: the frame's signature and the item's place in it. */
export function evidenceAt(frame: FrameSignature, tree: MerkleTree, index: number): ItemEvidence {
  return { frame, index, proof: merkleProof(tree, index) };
}

/** A claim that somebody signed an item in a frame of a kind. */
export interface EvidenceClaim {
  /** Of the frame that was signed. */
  readonly kind: FrameKind;
  /** Hash of the item. */
  readonly leaf: Hash;
  readonly evidence: ItemEvidence;
  readonly signer: Address;
}

/** Whether the item stands under the root and the signer signed the frame. */
export function checkEvidence(claim: EvidenceClaim, domain: SigningDomain, recover: Recover): boolean {
  const { frame } = claim.evidence;
  if (!isInFrame(claim.leaf, claim.evidence)) return false;
  return isFrameSignedBy(claim.signer, { kind: claim.kind, frame }, { domain, recover });
}

/** Whether the leaf stands at its place under the frame's root. */
export function isInFrame(leaf: Hash, evidence: ItemEvidence): boolean {
  const { frame, index, proof } = evidence;
  // The signed count fixes the depth: a longer or shorter proof would be one for an inner node.
  if (!Number.isSafeInteger(frame.count) || frame.count < 1 || index >= frame.count) return false;
  if (proof.length !== merkleDepth(frame.count)) return false;
  return merkleVerify({ root: frame.root, index, leaf, proof });
}

/** What is needed to check any signature of this protocol. */
export interface SignatureContext {
  readonly domain: SigningDomain;
  readonly recover: Recover;
}

/** Whether `signer` signed the frame. Reveal frames are signed as batch receipts: see `isReceiptSignedBy`. */
export function isFrameSignedBy(
  signer: Address,
  signed: { readonly kind: FrameKind; readonly frame: FrameSignature },
  context: SignatureContext,
): boolean {
  const { root, count, epoch, sequence, signature } = signed.frame;
  return (
    context.recover(frameDigest(context.domain, { kind: signed.kind, root, count, epoch, sequence }), signature) ===
    signer
  );
}

/** Whether the worker signed a batch receipt over the root of its reveals. */
export function isReceiptSignedBy(
  worker: Address,
  receipt: { readonly escrowId: EscrowId; readonly fine: bigint; readonly root: Hash; readonly signature: Signature },
  context: SignatureContext,
): boolean {
  const { escrowId, fine, root } = receipt;
  return (
    context.recover(batchReceiptDigest(context.domain, { escrowId, resultsRoot: root, fine }), receipt.signature) ===
    worker
  );
}

// The kind stands in the hash as well as in the signature, so that no item can be read as one of another kind. No contract
// reads these items, and SHA-256 of a lease takes an eighth of keccak's time.
function itemHash(kind: "lease" | "accept" | "commit" | "commitSet" | "verdict" | "ticket", item: unknown): Hash {
  return taggedDigest(kind, item);
}
