// Signatures of decoded messages: the root is computed again from the items, and the signer recovered from it.
import { taggedDigest } from "./digest.ts";
import {
  acceptLeaf,
  commitLeaf,
  commitSetLeaf,
  isFrameSignedBy,
  isReceiptSignedBy,
  leaseLeaf,
  revealLeaf,
  type SignatureContext,
  ticketLeaf,
  verdictLeaf,
} from "./frame.ts";
import type { SignedTaskOffer, TaskOffer } from "./gossip-message.ts";
import type { Address, Hash } from "./ids.ts";
import { type MerkleTree, merkleProof, merkleTree } from "./merkle.ts";
import { resultDigest } from "./result-digest.ts";
import { taskSpecHash } from "./task-spec.ts";
import { type FrameKind, jobOrderDigest, offerDigest, pledgeOrderDigest, voucherDigest } from "./typed-data.ts";
import type {
  CoordinatorMessage,
  FrameSignature,
  ItemEvidence,
  LeaseItem,
  RevealItem,
  WorkerMessage,
} from "./work-message.ts";

/** A message that carries one signature over its items. */
export type SignedMessage = Extract<WorkerMessage | CoordinatorMessage, { readonly signed: FrameSignature }>;

/** Null when the message is what its sender signed, or a sentence that says what is wrong: the code is `badSignature`. */
export type MessageProblem = string | null;

/** Checks a worker's message against the account that its stream belongs to. Messages without a signature have no problem. */
export function checkWorkerMessage(message: WorkerMessage, worker: Address, context: SignatureContext): MessageProblem {
  switch (message.type) {
    case "accepts":
      return frameProblem(message, { kind: "accept", signer: worker }, context);
    case "commits":
      return frameProblem(message, { kind: "commit", signer: worker }, context);
    case "reveals": {
      const wrong = message.items.findIndex((item) => revealProblem(item) !== null);
      const item = message.items[wrong];
      if (item !== undefined) return `item ${wrong}: ${revealProblem(item)}`;
      if (treeOf(message).root !== message.signed.root) return "the root is not the root of the items";
      const { escrowId, fine, signed } = message;
      const receipt = { escrowId, fine, root: signed.root, signature: signed.signature };
      return isReceiptSignedBy(worker, receipt, context) ? null : "the batch receipt is not signed by the worker";
    }
    case "pledge": {
      const digest = pledgeOrderDigest(context.domain, message.order);
      return context.recover(digest, message.signature) === worker ? null : "the pledge is not signed by the worker";
    }
    default:
      return null;
  }
}

/** Checks a coordinator's message against its account; `worker` is the receiver, whom a voucher must name. */
export function checkCoordinatorMessage(
  message: CoordinatorMessage,
  parties: { readonly coordinator: Address; readonly worker: Address },
  context: SignatureContext,
): MessageProblem {
  const signer = parties.coordinator;
  switch (message.type) {
    case "leases": {
      const wrong = message.items.findIndex((item) => taskSpecOf(item) !== item.taskSpec);
      return wrong >= 0
        ? `item ${wrong}: the task spec is not the hash of the task`
        : frameProblem(message, { kind: "lease", signer }, context);
    }
    case "commitSets":
      return frameProblem(message, { kind: "commitSet", signer }, context);
    case "verdicts":
      return frameProblem(message, { kind: "verdict", signer }, context);
    case "tickets": {
      const { order, orderSignature } = message.terms;
      // Or a coordinator could show the root of an order that nobody gave.
      if (context.recover(jobOrderDigest(context.domain, order), orderSignature) !== order.requester)
        return "the order is not signed by its requester";
      return frameProblem(message, { kind: "ticket", signer }, context);
    }
    case "voucher": {
      const { escrowId, cumulative, signature } = message;
      const digest = voucherDigest(context.domain, { escrowId, worker: parties.worker, cumulative });
      return context.recover(digest, signature) === signer ? null : "the voucher is not signed by the coordinator";
    }
    default:
      return null;
  }
}

/** The hash that an offer's signature is over. */
export function offerHash(offer: TaskOffer): Hash {
  return taggedDigest("offer", offer);
}

/** Whether an offer is signed by the coordinator that it names. */
export function checkOffer(signed: SignedTaskOffer, context: SignatureContext): MessageProblem {
  const digest = offerDigest(context.domain, offerHash(signed.offer));
  return context.recover(digest, signed.signature) === signed.offer.coordinator
    ? null
    : "the offer is not signed by its coordinator";
}

/** The hash of every item of a message, in order. */
export function leavesOf(message: SignedMessage): readonly Hash[] {
  switch (message.type) {
    case "accepts":
      return message.leases.map(acceptLeaf);
    case "commits":
      return message.items.map(commitLeaf);
    case "reveals":
      return message.items.map(revealLeaf);
    case "leases":
      return message.items.map(leaseLeaf);
    case "commitSets":
      return message.items.map(commitSetLeaf);
    case "verdicts":
      return message.items.map(verdictLeaf);
    case "tickets":
      return message.items.map((item) => ticketLeaf(message.terms, item));
  }
}

/** What a receipt keeps of every item of a message that was checked, in the order of the items. */
export function attachEvidence(message: SignedMessage): readonly ItemEvidence[] {
  const tree = treeOf(message);
  return Array.from({ length: tree.count }, (_, index) => ({
    frame: message.signed,
    index,
    proof: merkleProof(tree, index),
  }));
}

// A message is checked first and its evidence taken afterwards: the tree is the same, so it is built once.
const trees = new WeakMap<SignedMessage, MerkleTree>();

function treeOf(message: SignedMessage): MerkleTree {
  const known = trees.get(message);
  if (known !== undefined) return known;
  const made = merkleTree(leavesOf(message));
  trees.set(message, made);
  return made;
}

function frameProblem(
  message: SignedMessage,
  expected: { readonly kind: FrameKind; readonly signer: Address },
  context: SignatureContext,
): MessageProblem {
  if (treeOf(message).root !== message.signed.root) return "the root is not the root of the items";
  const { kind, signer } = expected;
  return isFrameSignedBy(signer, { kind, frame: message.signed }, context)
    ? null
    : `the frame is not signed by ${signer}`;
}

// Usage and inline bytes stay outside the signature: the first is a claim, the second is bound by its content id.
function revealProblem(item: RevealItem): MessageProblem {
  if (resultDigest(item.outputs) !== item.digest) return "the digest is not the digest of the outputs";
  return item.inline.every(({ cid }) => item.outputs.some((output) => output.cid === cid))
    ? null
    : "an inline file is none of the outputs";
}

function taskSpecOf(item: LeaseItem): Hash {
  return taskSpecHash({ jobId: item.jobId, step: item.step, index: item.index }, item.task);
}
