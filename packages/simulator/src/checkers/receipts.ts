// The receipt of every job holds against the verifier that strangers use, as far as a network without signatures can tell.
import { receiptBody, receiptMaterial } from "@starling/coordinator/core";
import { type CheckName, type ReceiptCheck, type UndecidedTask, verifyReceipt } from "@starling/protocol";
import { domain, networkId } from "../world/records.ts";
import { unsigned } from "../world/unsigned.ts";
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";

/** The others ask for signatures, or for roots that the chain has: `chain-view` asks for those. */
const asked: ReadonlySet<CheckName> = new Set(["tasks", "lottery", "commitments", "acceptance", "comparison"]);
/** What holds of a job that failed too. */
const askedOfFailed: ReadonlySet<CheckName> = new Set(["commitments", "acceptance", "comparison"]);
const undecided: ReadonlySet<string> = new Set<UndecidedTask["outcome"]>(["disputed", "nondeterministic"]);

export function receipts(): Checker {
  return { name: "receipts", atEnd: receiptFlaws };
}

function receiptFlaws({ coordinator }: World): Findings {
  const { state } = coordinator;
  return [...state.ledger.jobs.values()].flatMap(({ jobId, submission, state: end, reason }) => {
    const material = receiptMaterial(state, jobId);
    const isCompleted = end === "completed";
    if (material === null) return [`job ${submission.name} has no receipt`];
    if (!isCompleted && undecided.has(reason?.code ?? "") && material.undecided.length === 0)
      return [`${submission.name} failed as ${reason?.code}, and its receipt has no evidence of that`];
    const body = receiptBody(state, material, { networkId, domain, issuedAt: 0 });
    const { checks } = verifyReceipt({ ...body, seal: unsigned.signature }, { recover: () => null });
    return failuresIn(checks, isCompleted ? asked : askedOfFailed).map(
      ({ name, detail }) => `the receipt of ${submission.name} does not hold by its ${name}: ${detail}`,
    );
  });
}

// A warning is an audit that nobody could make: the receipt says so itself.
function failuresIn(checks: readonly ReceiptCheck[], names: ReadonlySet<CheckName>): readonly ReceiptCheck[] {
  return checks.filter(({ name, outcome }) => outcome === "failed" && names.has(name));
}
