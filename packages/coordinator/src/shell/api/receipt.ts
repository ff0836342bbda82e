// The portable receipt of a job: everything that was signed, assembled from the ledger and sealed.
import type { Identity } from "@starling/node-kit";
import { encodeReceipt, type JobId, sealReceipt } from "@starling/protocol";
import { receiptBody, receiptMaterial } from "../../core/index.ts";
import type { ApiDeps } from "./deps.ts";
import { ownJob, refusal } from "./refuse.ts";

/** The receipt as text. A job without any result, accepted or disputed, has none. */
export async function receiptText(deps: ApiDeps, jobId: JobId, identity: Identity): Promise<string> {
  const body = await deps.engine.readSettled((state) => {
    ownJob(state, jobId, identity);
    const material = receiptMaterial(state, jobId);
    if (material === null || material.tasks.length + material.undecided.length === 0)
      throw refusal("receiptNotFound", "no result of this job was accepted so far, so there is nothing to prove");
    const { networkId, engine, checks } = deps;
    return receiptBody(state, material, { networkId, domain: checks.domain, issuedAt: engine.now() });
  });
  return encodeReceipt(sealReceipt(body, deps.sign));
}
