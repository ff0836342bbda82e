// What the job's comparator says of probabilities.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { comparatorOf, compareBytes, type OutputComparison, parseJobDocument, trustTerms } from "@starling/protocol";

/** Compares an answer with a reference as the network would for this job. */
export function compareProbabilities(reference: Float32Array, answer: Uint8Array | Float32Array): OutputComparison {
  const parsed = parseJobDocument(readFileSync(join(import.meta.dirname, "job.yaml"), "utf8"));
  if (!parsed.ok) throw new Error("the job is malformed");
  const comparator = comparatorOf(trustTerms(parsed.document.trust), "probabilities");
  if (comparator.kind === "exact") throw new Error("the job compares bytes");
  return compareBytes(comparator, bytesOf(reference), bytesOf(answer));
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
