// What happens after a commitment: the closed set allows the reveal, the verdict settles, the voucher is kept.
import { accepted, type Outcome, present, rejected } from "@starling/kernel";
import {
  type Address,
  type CommitSetItem,
  commitSetLeaf,
  contradict,
  type EscrowId,
  evidenceAt,
  merkleTree,
  type SignedCommitSet,
} from "@starling/protocol";
import type { Reveal } from "../effect.ts";
import type { WorkerInput } from "../input.ts";
import type { HeldLease, WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";
import { forget } from "./reception.ts";

type Of<T extends WorkerInput["type"]> = Extract<WorkerInput, { type: T }>;

/** Closed commit sets: only a set that holds our own commitment lets anything out. */
export function commitSetsReceived(state: WorkerState, input: Of<"commitSetsReceived">, turn: WorkerTurn): Outcome {
  const held = [...state.ledger.leases.values()].filter(
    (lease) => lease.coordinator === input.coordinator && lease.state === "committed",
  );
  const byTask = new Map(held.map((lease) => [lease.lease.taskSpec, lease]));
  // One signature names one escrow and one fine: nobody signs a higher fine than the one of his lease.
  const reveals = new Map<string, { readonly escrowId: EscrowId; readonly fine: bigint; readonly items: Reveal[] }>();
  const signedSet = signedSetsIn(input);
  input.items.forEach((item, i) => {
    const lease = byTask.get(item.taskSpec);
    noteEquivocation(state, { input, item, signedSet: () => signedSet(i) }, turn);
    if (lease === undefined || !holdsOurs(state, lease, item)) return;
    turn.record({ type: "leaseRevealed", leaseId: lease.lease.leaseId, shown: signedSet(i), at: turn.now });
    const { escrowId, fine } = lease.lease;
    const group = reveals.get(`${escrowId} ${fine}`) ?? { escrowId, fine, items: [] };
    group.items.push(...revealOf(lease));
    reveals.set(`${escrowId} ${fine}`, group);
  });
  for (const group of reveals.values()) turn.request({ type: "sendReveals", coordinator: input.coordinator, ...group });
  return accepted();
}

interface Shown {
  readonly input: Of<"commitSetsReceived">;
  readonly item: CommitSetItem;
  readonly signedSet: () => SignedCommitSet;
}

// One pair of sets convicts a coordinator; more of them would only fill the journal.
function noteEquivocation(state: WorkerState, { input, item, signedSet }: Shown, turn: WorkerTurn): void {
  const { coordinator } = input;
  const { shown, equivocations } = state.ledger;
  const first = shown.get(item.taskSpec);
  if (first?.coordinator !== coordinator || equivocations.has(coordinator)) return;
  if (!contradict(first.set.item, item)) return;
  turn.record({ type: "coordinatorEquivocated", coordinator, first: first.set, second: signedSet(), at: turn.now });
}

// The tree of a frame is built once, and only if one of its sets is kept.
function signedSetsIn({ items, signed }: Of<"commitSetsReceived">): (index: number) => SignedCommitSet {
  let tree: ReturnType<typeof merkleTree> | null = null;
  return (index) => {
    tree ??= merkleTree(items.map(commitSetLeaf));
    return { item: present(items[index], "set"), evidence: evidenceAt(signed, tree, index) };
  };
}

function holdsOurs(state: WorkerState, lease: HeldLease, item: CommitSetItem): boolean {
  return item.commitments.some(
    (entry) =>
      entry.worker === state.config.worker &&
      entry.attempt === lease.lease.attempt &&
      entry.commitment === lease.answer?.commitment,
  );
}

/** What is shown of a committed lease; empty when there is no answer. */
export function revealOf(held: HeldLease): Reveal[] {
  if (held.answer === null) return [];
  const { leaseId, taskSpec, attempt } = held.lease;
  const { digest, salt, outputs, usage } = held.answer;
  return [{ leaseId, taskSpec, attempt, digest, salt, outputs, usage }];
}

/** Verdicts end leases and count what was earned. */
export function verdictsReceived(state: WorkerState, input: Of<"verdictsReceived">, turn: WorkerTurn): Outcome {
  for (const item of input.items) {
    const held = heldBy(state, input.coordinator, item.leaseId);
    if (held === null || held.lease.attempt !== item.attempt) continue;
    if (held.state !== "revealed" && held.state !== "committed") continue;
    turn.record({ type: "leaseSettled", leaseId: item.leaseId, verdict: item.verdict, reason: item.reason });
    forget(state, item.leaseId);
  }
  return accepted();
}

function heldBy(state: WorkerState, coordinator: Address, leaseId: HeldLease["lease"]["leaseId"]): HeldLease | null {
  const held = state.ledger.leases.get(leaseId);
  return held !== undefined && held.coordinator === coordinator ? held : null;
}

/** Keeps the highest voucher: it is cumulative, so a lower one says nothing new. */
export function voucherReceived(state: WorkerState, input: Of<"voucherReceived">, turn: WorkerTurn): Outcome {
  const known = state.ledger.vouchers.get(input.escrowId);
  if (known !== undefined && known.coordinator !== input.coordinator)
    return rejected("foreignEscrow", "another coordinator vouches for this escrow");
  if (known !== undefined && known.cumulative >= input.cumulative) return accepted();
  turn.record({
    type: "voucherHeld",
    coordinator: input.coordinator,
    escrowId: input.escrowId,
    cumulative: input.cumulative,
    signature: input.signature,
  });
  return accepted();
}
