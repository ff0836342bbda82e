// What a worker signed when it revealed an answer, in the form that the court takes.
import { resultHashOf, type Statement } from "@starling/protocol";
import type { Answer, Lease } from "../ledger/lease.ts";

/** The worker's signed answer to a task; the court takes no other. */
export function statementOf(
  lease: Lease,
  { digest, fine, evidence }: Pick<Answer, "digest" | "fine" | "evidence">,
): Statement {
  const { worker, attempt, taskSpec } = lease;
  const { frame, index, proof } = evidence;
  const resultHash = resultHashOf(taskSpec, digest);
  return { worker, attempt, resultHash, resultsRoot: frame.root, index, fine, proof, signature: frame.signature };
}
