// The vectors that Solidity and TypeScript share: each hash, tree, digest and signature must be the same on both sides.
import { readFileSync } from "node:fs";
import {
  addressOfSecretKey,
  batchReceiptDigest,
  commitmentOf,
  disputeIdOf,
  escrowIdOf,
  frameDigest,
  fromHex,
  type Hash,
  type Hex,
  jobOrderDigest,
  merkleProof,
  merkleTree,
  merkleVerify,
  offerDigest,
  peerBindingDigest,
  pledgeAllowanceDigest,
  pledgeOrderDigest,
  type ReplicaResult,
  receiptLeaf,
  recoverAddress,
  registrationDigest,
  replicasHash,
  resultHashOf,
  resultLeaf,
  type SigningDomain,
  signDigest,
  type Vote,
  voteCommitment,
  voucherDigest,
} from "@starling/protocol";
import { describe, expect, test } from "vitest";

function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../test/vectors/${name}.json`, import.meta.url), "utf8")) as T;
}

interface LeafVector {
  readonly index: number;
  readonly taskSpec: Hash;
  readonly attempt: number;
  readonly digest: Hash;
  readonly salt: Hash;
  readonly worker: Hex;
  readonly resultHash: Hash;
  readonly receiptLeaf: Hash;
  readonly replicas: readonly ReplicaResult[];
  readonly replicasHash: Hash;
  readonly resultLeaf: Hash;
  readonly commitment: Hash;
}

test("leaves", () => {
  const { leaves } = vectors<{ leaves: LeafVector[] }>("leaves");
  expect(leaves.length).toBeGreaterThan(0);
  for (const leaf of leaves) {
    const { worker, digest, salt } = leaf;
    expect(resultHashOf(leaf.taskSpec, digest)).toBe(leaf.resultHash);
    expect(receiptLeaf(leaf, digest)).toBe(leaf.receiptLeaf);
    expect(replicasHash(leaf.replicas)).toBe(leaf.replicasHash);
    expect(resultLeaf(leaf)).toBe(leaf.resultLeaf);
    expect(commitmentOf(leaf, { worker, digest, salt })).toBe(leaf.commitment);
  }
});

test("trees", () => {
  const { trees } = vectors<{ trees: { leaves: Hash[]; root: Hash; proofs: Hash[][] }[] }>("trees");
  expect(trees.length).toBeGreaterThan(0);
  for (const { leaves, root, proofs } of trees) {
    const tree = merkleTree(leaves);
    expect(tree.root).toBe(root);
    for (const [index, leaf] of leaves.entries()) {
      const proof = proofs[index] ?? [];
      expect(merkleProof(tree, index)).toEqual(proof);
      expect(merkleVerify({ root, index, leaf, proof })).toBe(true);
    }
  }
});

interface Message {
  readonly name: string;
  readonly domain: { readonly chainId: number; readonly verifyingContract: Hex };
  readonly message: Readonly<Record<string, string | number>>;
  readonly digest: Hash;
  readonly signer: Hex;
  readonly privateKey: Hex;
  readonly signature: Hex;
}

function digestOf({ name, domain: { chainId, verifyingContract: at }, message }: Message): Hash {
  const domain: SigningDomain = { chainId, jobEscrow: at, stakeRegistry: at, court: at };
  // Amounts are decimal strings in the file; everything else has the type of the function that takes it.
  const value = Object.fromEntries(
    Object.entries(message).map(([key, one]) => [
      key,
      /^\d+$/.test(String(one)) && typeof one === "string" ? BigInt(one) : one,
    ]),
  ) as never;
  if (name.startsWith("Frame")) return frameDigest(domain, value);
  switch (name) {
    case "JobOrder":
      return jobOrderDigest(domain, value);
    case "Voucher":
      return voucherDigest(domain, value);
    case "BatchReceipt":
      return batchReceiptDigest(domain, value);
    case "Offer":
      return offerDigest(domain, String(message.offerHash) as Hash);
    case "PeerBinding":
      return peerBindingDigest(domain, {
        ...(value as object),
        peerId: fromHex(String(message.peerId) as Hex),
      } as never);
    case "PledgeOrder": {
      const { releaseBy: releaseBySeconds, deadline: deadlineSeconds, ...rest } = value as Record<string, number>;
      return pledgeOrderDigest(domain, { ...rest, releaseBySeconds, deadlineSeconds } as never);
    }
    case "PledgeAllowance":
      return pledgeAllowanceDigest(domain, value);
    case "Registration":
      return registrationDigest(domain, value);
    default:
      throw new Error(`no digest for ${name}`);
  }
}

describe("typed data", () => {
  const { messages } = vectors<{ messages: Message[] }>("typed-data");
  test.each(messages.map((message) => [message.name, message] as const))("%s", (_name, message) => {
    const digest = digestOf(message);
    expect(digest).toBe(message.digest);
    expect(recoverAddress(digest, message.signature)).toBe(message.signer);
    expect(signDigest(fromHex(message.privateKey), digest)).toBe(message.signature);
    expect(addressOfSecretKey(fromHex(message.privateKey))).toBe(message.signer);
  });
});

test("escrow ids", () => {
  const { cases } = vectors<{ cases: { chainId: number; escrow: Hex; order: { budget: string }; escrowId: Hash }[] }>(
    "escrow-ids",
  );
  expect(cases.length).toBeGreaterThan(0);
  for (const { chainId, escrow, order, escrowId } of cases) {
    const domain: SigningDomain = { chainId, jobEscrow: escrow, stakeRegistry: escrow, court: escrow };
    expect(escrowIdOf(domain, { ...order, budget: BigInt(order.budget) } as never)).toBe(escrowId);
  }
});

test("disputes", () => {
  const { cases } = vectors<{ cases: (Vote & { escrowId: Hash; taskSpec: Hash; commitment: Hash })[] }>("disputes");
  expect(cases.length).toBeGreaterThan(0);
  for (const { escrowId, taskSpec, commitment, ...vote } of cases) {
    expect(disputeIdOf(escrowId as never, taskSpec)).toBe(vote.disputeId);
    expect(voteCommitment(vote)).toBe(commitment);
  }
});
