// The anchors of a receipt: each result is a leaf of a root that the coordinator signed and the chain has.
import { isFrameSignedBy } from "../frame.ts";
import type { Hash } from "../ids.ts";
import { merkleDepth, merkleVerify } from "../merkle.ts";
import { hasChain } from "../network-file.ts";
import { replicasHash, resultHashOf, resultLeaf } from "../result-digest.ts";
import type { Recover } from "../signature.ts";
import { nameOf } from "./check-job.ts";
import type { Report } from "./findings.ts";
import type { Receipt, ReceiptBatch, ReceiptTask } from "./receipt.ts";

/** What is known of the chain without asking it. */
export interface AnchorContext {
  /** Roots as somebody read them from the chain himself; null when nobody did. */
  readonly roots: readonly Hash[] | null;
  readonly recover: Recover;
  readonly report: Report;
}

/** Checks roots and leaves; returns whether every result is anchored, which none is in a network without a chain. */
export function checkAnchors(receipt: Receipt, context: AnchorContext): boolean {
  const { report } = context;
  const isOnChain = hasChain(receipt.domain);
  const batches = new Map<number, ReceiptBatch>();
  for (const batch of receipt.batches) {
    if (batches.has(batch.batch)) report("anchor", `batch ${batch.batch} stands there twice`);
    batches.set(batch.batch, batch);
    checkBatch(receipt, batch, context);
  }
  // Two results in one leaf would be two answers for one task.
  const places = new Set<string>();
  let anchored = receipt.tasks.length > 0;
  for (const task of receipt.tasks) {
    const batch = task.anchor === null ? undefined : batches.get(task.anchor.batch);
    if (task.anchor === null || batch === undefined || (isOnChain && batch.place === null)) anchored = false;
    if (task.anchor === null) continue;
    const place = `${task.anchor.batch}/${task.anchor.index}`;
    if (places.has(place)) report("anchor", `${nameOf(task)} shares its place with another result`);
    places.add(place);
    if (batch === undefined) report("anchor", `${nameOf(task)} names a batch that is not there`);
    else checkLeaf(task, batch, report);
  }
  for (const { batch, place } of receipt.batches) {
    if (!isOnChain && place !== null) report("anchor", `batch ${batch} has a place on a chain, and there is none`);
    if (!receipt.tasks.some((task) => task.anchor?.batch === batch))
      report("anchor", `batch ${batch} holds no result of this job`);
  }
  if (!anchored)
    report(
      "anchor",
      isOnChain
        ? "unanchored: the chain does not yet have the roots of all results"
        : "unsigned: the coordinator has not yet signed a root over all results",
    );
  return anchored && isOnChain;
}

function checkBatch(receipt: Receipt, batch: ReceiptBatch, context: AnchorContext): void {
  const { roots, recover, report } = context;
  const { domain, coordinator } = receipt;
  const { signed } = batch;
  const same = signed !== null && signed.root === batch.root && signed.count === batch.count;
  if (!same || !isFrameSignedBy(coordinator, { kind: "anchor", frame: signed }, { domain, recover })) {
    report("anchor", `the root of batch ${batch.batch} is not signed by the coordinator`);
  }
  if (roots !== null && !roots.includes(batch.root)) {
    report("anchor", `the root of batch ${batch.batch}, ${batch.root}, is not the one that was given`);
  }
}

// The leaf is computed from the answers, dissenters included: leaving one out gives another leaf.
function checkLeaf(task: ReceiptTask, batch: ReceiptBatch, report: Report): void {
  const { anchor, taskSpec, attempt } = task;
  if (anchor === null) return;
  const replicas = task.answers.map((answer) => ({
    worker: answer.worker,
    attempt: answer.attempt,
    resultHash: resultHashOf(taskSpec, answer.digest),
  }));
  const leaf = resultLeaf({
    index: anchor.index,
    taskSpec,
    attempt,
    resultHash: resultHashOf(taskSpec, task.digest),
    replicasHash: replicasHash(replicas),
  });
  const fits = batch.count > anchor.index && merkleDepth(batch.count) === anchor.proof.length;
  if (!fits || !merkleVerify({ root: batch.root, index: anchor.index, leaf, proof: anchor.proof })) {
    report("anchor", `${nameOf(task)} is not a leaf of the root of batch ${batch.batch}`);
  }
}
