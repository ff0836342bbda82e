// Two commit sets that one coordinator signed and that cannot both be the closed one: proof that it shows workers different sets.
import { checkEvidence, commitSetLeaf, type SignatureContext } from "../frame.ts";
import type { Address } from "../ids.ts";
import type { CommitSetItem, ItemEvidence } from "../work-message.ts";
import type { Receipt } from "./receipt.ts";

/** A set as a worker was sent it, with the coordinator's signature. */
export interface SignedCommitSet {
  readonly item: CommitSetItem;
  readonly evidence: ItemEvidence;
}

/**
 * Whether two sets convict their coordinator. The round is not on the wire, since it would tell an auditor what it is; but an
 * attempt is one lease and stands in one set, so two sets of one task that share an attempt are of one round.
 */
export function conflictingSets(
  left: SignedCommitSet,
  right: SignedCommitSet,
  { coordinator, ...context }: SignatureContext & { readonly coordinator: Address },
): boolean {
  if (!contradict(left.item, right.item)) return false;
  return [left, right].every(({ item, evidence }) =>
    checkEvidence(
      { kind: "commitSet", leaf: commitSetLeaf(item), evidence, signer: coordinator },
      context.domain,
      context.recover,
    ),
  );
}

/** Whether a sealed receipt and a set that was sent contradict each other: the receipt has this task, and not this set. */
export function contradictsReceipt(
  set: SignedCommitSet,
  receipt: Receipt,
  { recover }: Pick<SignatureContext, "recover">,
): boolean {
  const { domain, coordinator: signer } = receipt;
  const task = receipt.tasks.find(({ taskSpec }) => taskSpec === set.item.taskSpec);
  const leaf = commitSetLeaf(set.item);
  if (task === undefined) return false;
  if (!checkEvidence({ kind: "commitSet", leaf, evidence: set.evidence, signer }, domain, recover)) return false;
  return !task.sets.some(({ commitments }) => commitSetLeaf({ taskSpec: task.taskSpec, commitments }) === leaf);
}

/** Whether two sets cannot both be the closed set of a round; says nothing about who signed them. */
export function contradict(left: CommitSetItem, right: CommitSetItem): boolean {
  if (left.taskSpec !== right.taskSpec || commitSetLeaf(left) === commitSetLeaf(right)) return false;
  const attempts = new Set(left.commitments.map(({ attempt }) => attempt));
  return right.commitments.some(({ attempt }) => attempts.has(attempt));
}
