// What a spec says of GPUs must fit together: which classes have them, and that answers of different ones are compared within bounds.
import type { JobSpec } from "../job.ts";
import { comparatorOf, trustTerms } from "../trust/terms.ts";
import type { RuntimeClass } from "../worker-record.ts";

const classes: ReadonlySet<RuntimeClass> = new Set(["gpu", "gpu-tolerant"]);

/** The first thing in a spec that does not fit its GPUs, or null. */
export function gpuProblem({ map, reduce, trust }: JobSpec): string | null {
  const terms = trustTerms(trust);
  for (const [name, step] of [["map", map] as const, ["reduce", reduce] as const]) {
    if (step === null) continue;
    if ((step.needs.gpu !== null) !== classes.has(step.runtimeClass))
      return `${name}.needs.gpu: classes gpu and gpu-tolerant need a GPU, and no other class has one`;
    if (step.runtimeClass !== "gpu-tolerant") continue;
    // Two honest workers with different GPUs would contradict each other.
    const exact = step.outputs.find((output) => comparatorOf(terms, output.name).kind !== "numeric");
    if (exact !== undefined)
      return `${name}: class gpu-tolerant compares within bounds: name those of output ${exact.name} in trust.compare`;
  }
  return null;
}
