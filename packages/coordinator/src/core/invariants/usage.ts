// The sums of what attempts used are those of the attempts, each counted once.
import { usageOfLeases } from "../evolve/usage.ts";
import type { JobUsage, Sizes, StepUsage } from "../ledger/usage.ts";
import type { CoordinatorState } from "../state.ts";

/** Lists jobs whose sums are wrong. */
export function usageViolations({ ledger }: CoordinatorState): readonly string[] {
  const right = usageOfLeases(ledger);
  return [...ledger.jobs.values()].flatMap(({ jobId, usage }) => {
    const found = textOf(usage);
    const expected = textOf(right.get(jobId));
    return found === expected ? [] : [`job ${jobId} says that its attempts used ${found}, not ${expected}`];
  });
}

// The order in which steps and sizes came up is not part of the sums.
function textOf(usage: JobUsage = new Map()): string {
  return [...usage.keys()]
    .sort()
    .map((step) => `${step}: ${stepText(usage.get(step))}`)
    .join("; ");
}

function stepText(sums: StepUsage | undefined): string {
  if (sums === undefined) return "";
  const { memoryBytes, runMs, cpuPercent, ...rest } = sums;
  const sizes = [memoryBytes, runMs, cpuPercent].map(sizesText);
  return [...Object.entries(rest).map(([name, value]) => `${name} ${value}`), ...sizes].join(", ");
}

function sizesText(sizes: Sizes): string {
  return [...sizes]
    .sort(([a], [b]) => a - b)
    .map(([size, count]) => `${count} of ${size}`)
    .join(" ");
}
