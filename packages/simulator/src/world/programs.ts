// Kinds of simulated programs, named in their arguments.
import { imageUnavailableReason, type LeaseItem } from "@starling/protocol";
import type { RunResult } from "@starling/worker-node/core";

/** What a job's program does: it works, fails wherever it runs, gives another result each time, or another one on each machine. */
export type ProgramKind = "works" | "poison" | "nondeterministic" | "machineDependent";

/** The arguments of a program of a kind. */
export function argsOf(kind: ProgramKind): readonly string[] {
  if (kind === "works") return [];
  // To whoever judges results both are the same: none of them is right.
  return kind === "machineDependent" ? ["nondeterministic", "machineDependent"] : [kind];
}

/** The kind of program that a lease runs; of a poisonous job only the first task is poison. */
export function programKindOf({ task, index }: Pick<LeaseItem, "task" | "index">): ProgramKind {
  if (task.args.includes("poison")) return index === 0 ? "poison" : "works";
  if (task.args.includes("machineDependent")) return "machineDependent";
  return task.args.includes("nondeterministic") ? "nondeterministic" : "works";
}

/** How a run ends whose image a registry did not give to the machine. */
export function imageless(): RunResult {
  const said = { message: "simulated", log: "" };
  return { kind: "failed", fault: "infrastructure", reason: imageUnavailableReason, ...said };
}
