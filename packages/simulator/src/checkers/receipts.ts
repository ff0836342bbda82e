// The receipt of every completed job holds against the verifier that strangers use, as far as a network without signatures can tell.
import { receiptBody, receiptMaterial } from "@starling/coordinator/core";
import { type CheckName, verifyReceipt } from "@starling/protocol";
import { domain, networkId } from "../world/records.ts";
import { unsigned } from "../world/unsigned.ts";
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";

/** The others ask for signatures, or for roots that the chain has: `chain-view` asks for those. */
const asked: ReadonlySet<CheckName> = new Set(["tasks", "lottery", "commitments", "acceptance", "comparison"]);

export function receipts(): Checker {
  return { name: "receipts", atEnd: receiptFlaws };
}

function receiptFlaws({ coordinator }: World): Findings {
  const { state } = coordinator;
  return [...state.ledger.jobs.values()]
    .filter((job) => job.state === "completed")
    .flatMap(({ jobId, submission }) => {
      const material = receiptMaterial(state, jobId);
      if (material === null) return [`completed job ${submission.name} has no receipt`];
      const body = receiptBody(state, material, { networkId, domain, issuedAt: 0 });
      const { checks } = verifyReceipt({ ...body, seal: unsigned.signature }, { recover: () => null });
      // A warning is an audit that nobody could make: the receipt says so itself.
      return checks
        .filter(({ name, outcome }) => outcome === "failed" && asked.has(name))
        .map(({ name, detail }) => `the receipt of ${submission.name} does not hold by its ${name}: ${detail}`);
    });
}
