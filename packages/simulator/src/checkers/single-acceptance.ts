// A task is accepted at most once, a lease is owed at most once, whatever was sent twice or forgotten by a crash.
import type { CoordinatorFact } from "@starling/coordinator/core";
import type { Checker } from "./checker.ts";

/** Remembers across turns, so every run needs its own. */
export function singleAcceptance(): Checker {
  const accepted = new Set<string>();
  const owed = new Set<string>();
  const note = (seen: Set<string>, id: string, what: string): string[] => {
    if (seen.has(id)) return [`${what} ${id} a second time`];
    seen.add(id);
    return [];
  };
  const check = (fact: CoordinatorFact): string[] => {
    if (fact.type === "taskAccepted") return note(accepted, fact.taskId, "accepted task");
    if (fact.type === "payOwed") return note(owed, fact.leaseId, "owed lease");
    return [];
  };
  return { name: "single-acceptance", afterTurn: (_observed, facts) => facts.flatMap(check) };
}
