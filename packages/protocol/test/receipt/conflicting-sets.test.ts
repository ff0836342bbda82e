// Two commit sets under one coordinator's signatures convict it, when both cannot be the closed set of one round.
import {
  type CommitSetItem,
  commitSetLeaf,
  conflictingSets,
  contradictsReceipt,
  evidenceAt,
  frameDigest,
  keccakText,
  merkleTree,
  type SignedCommitSet,
} from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { type Account, account, domain, recover } from "../keys.ts";
import { coordinator, receiptOf, workers } from "./forge.ts";

const context = { domain, recover, coordinator: coordinator.address };

/** The set as it is sent: in a frame with another one. */
function sent(item: CommitSetItem, by: Account = coordinator): SignedCommitSet {
  const tree = merkleTree([keccakText("another set"), commitSetLeaf(item)]);
  const frame = { root: tree.root, count: 2, epoch: 1, sequence: 9 };
  const signature = by.sign(frameDigest(domain, { kind: "commitSet", ...frame }));
  return { item, evidence: evidenceAt({ ...frame, signature }, tree, 1) };
}

function setOf(...members: readonly (readonly [worker: number, attempt: number, answer: string])[]): CommitSetItem {
  const commitments = members.map(([i, attempt, answer]) => ({
    worker: workers[i]?.worker.address ?? coordinator.address,
    attempt,
    commitment: keccakText(answer),
  }));
  return { taskSpec: keccakText("task"), commitments };
}

const shown = sent(setOf([0, 4, "a"], [1, 5, "b"]));

describe("two signed sets", () => {
  test("convict when they share an attempt and differ", () => {
    expect(conflictingSets(shown, sent(setOf([0, 4, "a"])), context)).toBe(true);
    expect(conflictingSets(shown, sent(setOf([0, 4, "a"], [2, 6, "c"])), context)).toBe(true);
    expect(conflictingSets(shown, sent(setOf([0, 4, "changed"], [1, 5, "b"])), context)).toBe(true);
    expect(conflictingSets(shown, sent(setOf([1, 5, "b"], [0, 4, "a"])), context)).toBe(true);
    expect(conflictingSets(shown, sent(setOf([2, 4, "c"])), context)).toBe(true);
  });

  test("do not when they are the same, of two rounds, or of two tasks", () => {
    expect(conflictingSets(shown, sent(setOf([0, 4, "a"], [1, 5, "b"])), context)).toBe(false);
    expect(conflictingSets(shown, sent(setOf([2, 6, "c"])), context)).toBe(false);
    const elsewhere = { ...setOf([0, 4, "a"]), taskSpec: keccakText("another task") };
    expect(conflictingSets(shown, sent(elsewhere), context)).toBe(false);
  });

  test("do not when the coordinator did not sign both as they are", () => {
    expect(conflictingSets(shown, sent(setOf([0, 4, "a"]), account("framer")), context)).toBe(false);
    const forged = { ...shown, item: setOf([0, 4, "a"]) };
    expect(conflictingSets(shown, forged, context)).toBe(false);
    expect(conflictingSets(forged, shown, context)).toBe(false);
  });
});

describe("a receipt and a signed set", () => {
  const receipt = receiptOf();
  const [task] = receipt.tasks;
  if (task === undefined) throw new Error("no task");
  const { taskSpec } = task;
  const [first] = task.sets;
  const commitments = (first?.commitments ?? []).map(({ worker, attempt, commitment }) => ({
    worker,
    attempt,
    commitment,
  }));

  test("contradict each other when the receipt does not have the set", () => {
    expect(contradictsReceipt(sent({ taskSpec, commitments }), receipt, context)).toBe(false);
    expect(contradictsReceipt(sent({ taskSpec, commitments: commitments.slice(1) }), receipt, context)).toBe(true);
    const framed = sent({ taskSpec, commitments: commitments.slice(1) }, account("framer"));
    expect(contradictsReceipt(framed, receipt, context)).toBe(false);
    expect(contradictsReceipt(shown, receipt, context)).toBe(false);
  });
});
