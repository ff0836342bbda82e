// Results that differ in their bytes and count as equal: only by a comparator that the payer signed, and within its bounds.
import { comparatorOf, trustTerms } from "../trust/terms.ts";
import { differingOutputs } from "./agreement.ts";
import { nameOf } from "./check-job.ts";
import type { Report } from "./findings.ts";
import type { OutputDistance, Receipt, ReceiptAnswer, ReceiptTask } from "./receipt.ts";

/** An answer's distances as somebody measured them again from the files. */
export interface Measured {
  readonly task: ReceiptTask;
  readonly answer: ReceiptAnswer;
  readonly distance: OutputDistance;
  /** Whether the comparator lets it pass. */
  readonly equal: boolean;
}

/** Checks what is said of the distances of a task's answers. */
export function checkComparison(receipt: Receipt, task: ReceiptTask, report: Report): void {
  const terms = trustTerms(receipt.spec.trust);
  for (const { worker, digest, outputs, distances } of task.answers) {
    const who = `${nameOf(task)}: ${worker}`;
    if (digest === task.digest) {
      if (distances.length > 0)
        report("comparison", `${who} gave the standing answer, which has no distance to itself`);
      continue;
    }
    const differing = new Set(differingOutputs(task.outputs, outputs));
    const seen = new Set<string>();
    for (const { output } of distances) {
      if (seen.has(output)) report("comparison", `${who} has two distances for the output ${output}`);
      seen.add(output);
      if (!differing.has(output)) report("comparison", `${who} does not differ in the output ${output}`);
      if (comparatorOf(terms, output).kind !== "numeric")
        report("comparison", `${who}: the payer's spec compares the output ${output} byte by byte`);
    }
  }
}

/** What was measured again must be what the receipt says, up to the last digits of floating point. */
export function checkMeasured(measured: readonly Measured[], report: Report): void {
  for (const { task, answer, distance, equal } of measured) {
    const who = `${nameOf(task)}: ${answer.worker}`;
    const said = answer.distances.find(({ output }) => output === distance.output);
    if (said === undefined) continue;
    const isSame = isClose(said.l2, distance.l2) && isClose(said.maxAbs, distance.maxAbs);
    if (!isSame || !isClose(said.maxRel, distance.maxRel))
      report("comparison", `${who}: the output ${distance.output} is not as far from the standing one as it is said`);
    if (!equal) report("comparison", `${who}: the output ${distance.output} is not within the payer's bounds`);
  }
}

function isClose(left: number, right: number): boolean {
  return Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right));
}
