// Kinds of simulated programs, named in their arguments.
import type { LeaseItem } from "@starling/protocol";

/** What a job's program does: it works, fails wherever it runs, or gives another result each time. */
export type ProgramKind = "works" | "poison" | "nondeterministic";

/** The arguments of a program of a kind. */
export function argsOf(kind: ProgramKind): readonly string[] {
  return kind === "works" ? [] : [kind];
}

/** The kind of program that a lease runs; of a poisonous job only the first task is poison. */
export function programKindOf({ task, index }: Pick<LeaseItem, "task" | "index">): ProgramKind {
  if (task.args.includes("poison")) return index === 0 ? "poison" : "works";
  return task.args.includes("nondeterministic") ? "nondeterministic" : "works";
}
