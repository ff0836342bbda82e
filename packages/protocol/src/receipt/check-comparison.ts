// Results that differ in their bytes and count as equal: only by a comparator that the payer signed, and within its bounds.
import type { NumericComparator } from "../trust/comparator.ts";
import type { OutputComparison } from "../trust/comparison.ts";
import { comparatorOf, trustTerms } from "../trust/terms.ts";
import type { ArtifactRef } from "../work-message.ts";
import { differingOutputs, mayBeWithin } from "./agreement.ts";
import { nameOf } from "./check-job.ts";
import type { Report } from "./findings.ts";
import type { OutputDistance, Receipt, ReceiptAnswer, ReceiptTask } from "./receipt.ts";

/** An output whose distance stands in the receipt, with all that is needed to measure it again. */
export interface DistantOutput {
  readonly task: ReceiptTask;
  readonly answer: ReceiptAnswer;
  /** What the receipt says. */
  readonly said: OutputDistance;
  readonly comparator: NumericComparator;
  /** The file of the standing answer. */
  readonly reference: ArtifactRef;
  /** The file of this answer. */
  readonly file: ArtifactRef;
}

/** Every output that was compared as numbers. */
export function distantOutputs(receipt: Receipt): readonly DistantOutput[] {
  const terms = trustTerms(receipt.spec.trust);
  return receipt.tasks.flatMap((task) =>
    task.answers.flatMap((answer) =>
      answer.distances.flatMap((said) => {
        const comparator = comparatorOf(terms, said.output);
        const reference = task.outputs.find(({ name }) => name === said.output);
        const file = answer.outputs.find(({ name }) => name === said.output);
        if (comparator.kind !== "numeric" || reference === undefined || file === undefined) return [];
        return [{ task, answer, said, comparator, reference, file }];
      }),
    ),
  );
}

/** An output as somebody measured it again from the two files. */
export interface Measured {
  readonly compared: DistantOutput;
  readonly found: OutputComparison;
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
    for (const distance of distances) {
      const { output, within } = distance;
      if (seen.has(output)) report("comparison", `${who} has two distances for the output ${output}`);
      seen.add(output);
      if (!differing.has(output)) report("comparison", `${who} does not differ in the output ${output}`);
      const comparator = comparatorOf(terms, output);
      if (comparator.kind !== "numeric")
        report("comparison", `${who}: the payer's spec compares the output ${output} byte by byte`);
      else if (within && !mayBeWithin(comparator, distance))
        report("comparison", `${who}: the output ${output} is farther away than the payer's spec allows`);
    }
  }
}

/** What was measured again must be what the receipt says, to the last bit: every machine measures the same. */
export function checkMeasured(measured: readonly Measured[], report: Report): void {
  for (const { compared, found } of measured) {
    const { task, answer, said } = compared;
    const who = `${nameOf(task)}: ${answer.worker}`;
    const { distances, problem } = found;
    if (distances === null) {
      report("comparison", `${who}: the output ${said.output} has no distance: ${problem ?? "it cannot be measured"}`);
      continue;
    }
    if (said.l2 !== distances.l2 || said.maxAbs !== distances.maxAbs || said.maxRel !== distances.maxRel)
      report("comparison", `${who}: the output ${said.output} is not as far from the standing one as it is said`);
    if (found.equal !== said.within)
      report(
        "comparison",
        `${who}: the output ${said.output} is ${found.equal ? "" : "not "}within the payer's bounds`,
      );
  }
}
