// Commitments and reveals as they come in: fenced by worker, attempt and deadline, each kept with the signature that it came under.
import { accepted, type Outcome } from "@starling/kernel";
import {
  type CommitItem,
  commitLeaf,
  commitmentOf,
  evidenceAt,
  type FrameSignature,
  type Hash,
  type ItemEvidence,
  merkleTree,
  type RevealItem,
  resultDigest,
  revealLeaf,
} from "@starling/protocol";
import type { Reason } from "../fact.ts";
import type { CoordinatorInput } from "../input.ts";
import type { Lease } from "../ledger/lease.ts";
import { leaseOf, loseLease, repeatEnd, startLease, tellRevoked } from "../lifecycle/lease.ts";
import { isLost } from "../lifecycle/tables.ts";
import { giveSlotBack, sawWorker } from "../lifecycle/worker.ts";
import { type CoordinatorState, planted } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { catchOperator } from "./caught.ts";
import { sendCommitSet } from "./commit-set.ts";

type Of<T extends CoordinatorInput["type"]> = Extract<CoordinatorInput, { type: T }>;

/** Workers bind themselves to answers that nobody has seen. */
export function commitsReceived(state: CoordinatorState, input: Of<"commitsReceived">, turn: CoordinatorTurn): Outcome {
  sawWorker(state, input, turn);
  const { items, signed } = input.message;
  const evidence = evidenceIn(signed, () => items.map(commitLeaf));
  items.forEach((item, i) => {
    const lease = leaseOf(state, input.worker, item.leaseId);
    if (lease === undefined || lease.attempt !== item.attempt || lease.taskSpec !== item.taskSpec) {
      tellRevoked(turn, input.worker, item.leaseId);
      return;
    }
    takeCommit(state, { lease, item, evidence: () => evidence(i) }, turn);
  });
  return accepted();
}

interface Commit {
  readonly lease: Lease;
  readonly item: CommitItem;
  readonly evidence: () => ItemEvidence;
}

function takeCommit(state: CoordinatorState, { lease, item, evidence }: Commit, turn: CoordinatorTurn): void {
  // Nobody commits to what it did not accept; the acceptance was lost on the way.
  startLease(lease, turn);
  if (isSecond(lease, item)) {
    failTwofold(state, { lease, item, evidence }, turn);
    return;
  }
  if (lease.state === "committed") {
    // The same commitment again: the worker has not seen the set.
    sendCommitSet(state, lease, turn);
    return;
  }
  if (lease.state !== "running") {
    repeatEnd(lease, turn);
    return;
  }
  if (turn.now > lease.commitBy && !planted(state, "acceptLateCommit")) {
    const reason = { code: "notCommitted", message: "the commitment came after the deadline" };
    loseLease(state, { lease, loss: { type: "leaseExpired", reason } }, turn);
    return;
  }
  const { leaseId } = lease;
  turn.record({ type: "leaseCommitted", leaseId, commitment: item.commitment, evidence: evidence(), at: turn.now });
  giveSlotBack(state, lease, turn);
  turn.changed.tasks.add(lease.taskId);
}

// A worker journals what it signs and never signs another commitment for the same attempt, so a second one is no accident.
function isSecond({ state, commitment }: Lease, item: CommitItem): boolean {
  return !isLost(state) && commitment !== null && commitment !== item.commitment;
}

// The first commitment binds, but whoever holds two openings can show whichever pays. Both signatures are kept.
function failTwofold(state: CoordinatorState, { lease, item, evidence }: Commit, turn: CoordinatorTurn): void {
  if (lease.equivocation !== undefined) return;
  const { leaseId } = lease;
  const { commitment } = item;
  turn.record({ type: "leaseEquivocated", leaseId, commitment, evidence: evidence(), at: turn.now });
  const reason = { code: "equivocation", message: "two different commitments were signed for one lease" };
  if (lease.state === "committed") failBadly(state, lease, { reason, turn });
  else catchOperator(state, lease, { reason, turn });
  turn.changed.tasks.add(lease.taskId);
}

/** Answers to closed sets. */
export function revealsReceived(state: CoordinatorState, input: Of<"revealsReceived">, turn: CoordinatorTurn): Outcome {
  sawWorker(state, input, turn);
  const { items, signed, fine, escrowId } = input.message;
  const missing = new Set(input.missing);
  const evidence = evidenceIn(signed, () => items.map(revealLeaf));
  items.forEach((item, i) => {
    const lease = leaseOf(state, input.worker, item.leaseId);
    if (lease === undefined || lease.attempt !== item.attempt || lease.taskSpec !== item.taskSpec) {
      tellRevoked(turn, input.worker, item.leaseId);
      return;
    }
    if (lease.state !== "committed") {
      if (isOther(lease, item) && escrowId === lease.escrowId)
        failTwoAnswers(state, lease, { item, fine, evidence: () => evidence(i), turn });
      repeatEnd(lease, turn);
      return;
    }
    // Before the set is closed nothing may be shown; what comes too early is not looked at.
    if (lease.revealBy === null) return;
    const isBound = escrowId === lease.escrowId && fine >= lease.fine;
    const flaw = isBound ? flawOf(state, lease, item) : "the receipt names another escrow or a smaller fine";
    if (flaw !== null) {
      failBadly(state, lease, { reason: { code: "badReveal", message: flaw }, turn });
    } else if (item.outputs.some(({ cid }) => missing.has(cid))) {
      const reason = { code: "outputMissing", message: "outputs were named and never arrived" };
      loseLease(state, { lease, loss: { type: "leaseFailed", kind: "infrastructure", reason, log: "" } }, turn);
    } else {
      const { digest, salt, outputs, usage } = item;
      const { leaseId } = lease;
      turn.record({
        type: "leaseRevealed",
        leaseId,
        digest,
        salt,
        outputs,
        usage,
        fine,
        evidence: evidence(i),
        at: turn.now,
      });
    }
    turn.changed.tasks.add(lease.taskId);
  });
  return accepted();
}

// What was revealed was journalled before it was signed: another answer of the same attempt is no accident.
function isOther({ answer }: Lease, item: RevealItem): boolean {
  return answer !== null && answer.digest !== item.digest;
}

// The first answer stands as it was taken. Both signatures are kept: the court fines them without asking a jury.
function failTwoAnswers(state: CoordinatorState, lease: Lease, { item, fine, evidence, turn }: SecondAnswer): void {
  if (lease.secondAnswer !== undefined) return;
  const { leaseId } = lease;
  turn.record({ type: "leaseAnsweredTwice", leaseId, digest: item.digest, fine, evidence: evidence(), at: turn.now });
  const reason = { code: "equivocation", message: "two different answers were signed for one lease" };
  catchOperator(state, lease, { reason, turn });
}

interface SecondAnswer {
  readonly item: RevealItem;
  readonly fine: bigint;
  readonly evidence: () => ItemEvidence;
  readonly turn: CoordinatorTurn;
}

// The opening must fit the commitment, and the digest the outputs: else a right digest could be shown for wrong files.
function flawOf(state: CoordinatorState, lease: Lease, item: RevealItem): string | null {
  if (planted(state, "skipCommitmentCheck")) return null;
  const { digest, salt, outputs } = item;
  const opened = commitmentOf(lease, { worker: lease.worker, digest, salt });
  if (opened !== lease.commitment) return "the answer does not open the commitment";
  return resultDigest(outputs) === digest ? null : "the digest is not that of the outputs";
}

// Whoever shows something else than it committed to is caught: it is out of the job.
function failBadly(
  state: CoordinatorState,
  lease: Lease,
  { reason, turn }: { reason: Reason; turn: CoordinatorTurn },
): void {
  catchOperator(state, lease, { reason, turn });
  loseLease(state, { lease, loss: { type: "leaseFailed", kind: "infrastructure", reason, log: "" } }, turn);
}

// The tree of a frame is built once, and only if one of its items is taken.
function evidenceIn(frame: FrameSignature, leavesOf: () => readonly Hash[]): (index: number) => ItemEvidence {
  let tree: ReturnType<typeof merkleTree> | null = null;
  return (index) => {
    tree ??= merkleTree(leavesOf());
    return evidenceAt(frame, tree, index);
  };
}
