// Which answers of a task count as the standing one: those with its digest, and those within the bounds that the payer signed.
import type { JobSpec } from "../job.ts";
import type { Comparator } from "../trust/comparator.ts";
import { beyondMeasure } from "../trust/distance.ts";
import { comparatorOf, trustTerms } from "../trust/terms.ts";
import type { ArtifactRef } from "../work-message.ts";
import type { OutputDistance, ReceiptAnswer, ReceiptTask } from "./receipt.ts";
import type { RulingTerms } from "./replay.ts";

/** Names of the outputs in which two results differ, one that only one of them has included. */
export function differingOutputs(left: readonly ArtifactRef[], right: readonly ArtifactRef[]): readonly string[] {
  const files = new Map(left.map((file) => [file.name, file]));
  const names = new Set([...left, ...right].map(({ name }) => name));
  const isSame = ({ name, cid, size }: ArtifactRef): boolean =>
    files.get(name)?.cid === cid && files.get(name)?.size === size;
  const same = new Set(right.filter(isSame).map(({ name }) => name));
  return [...names].filter((name) => !same.has(name)).sort();
}

/** Whether the distance may be one that the comparator lets pass. Only measuring the outputs again tells for certain. */
export function mayBeWithin(comparator: Comparator, distance: OutputDistance): boolean {
  if (comparator.kind !== "numeric" || distance.maxAbs === beyondMeasure) return false;
  const { abs, rel, l2 } = comparator;
  if (l2 > 0 && distance.l2 > l2) return false;
  if (abs > 0 && rel > 0) return true;
  // The ruler multiplies where this divides: the last digit may differ.
  return (abs === 0 || distance.maxAbs <= abs) && (rel === 0 || distance.maxRel <= rel * (1 + Number.EPSILON));
}

/** Tells for each answer whether it counts as the standing one, as far as the receipt's distances say. */
export function agreementOf(task: ReceiptTask, spec: Pick<JobSpec, "trust">): (answer: ReceiptAnswer) => boolean {
  const terms = trustTerms(spec.trust);
  return ({ digest, outputs, distances }) => {
    if (digest === task.digest) return true;
    const measured = new Map(distances.map((distance) => [distance.output, distance]));
    const differing = differingOutputs(task.outputs, outputs);
    const isNear = (name: string): boolean => {
      const distance = measured.get(name);
      return distance?.within === true && mayBeWithin(comparatorOf(terms, name), distance);
    };
    // Equal files under another digest are no answer at all.
    return differing.length > 0 && differing.every(isNear);
  };
}

/** What the answers of a task are ruled under. */
export function rulingTermsOf(task: ReceiptTask, spec: Pick<JobSpec, "trust">): RulingTerms {
  const { replicas, compare } = trustTerms(spec.trust);
  const comparesNumbers = Object.values(compare).some(({ kind }) => kind === "numeric");
  return { wanted: replicas, agrees: agreementOf(task, spec), comparesNumbers };
}
