// A coordinator that cheats its workers on the way of its frames, and what attackers are granted to know.
import type { CoordinatorState } from "@starling/coordinator/core";
import { type CommitSetItem, keccakText, type LeaseItem } from "@starling/protocol";
import type { Spied } from "../behaviours/behaviour.ts";
import type { Faults } from "../fault-plan.ts";
import type { DownEffect } from "./translate.ts";

/** What is really sent in place of an effect: nothing, the same, or another list to each member of a set. */
export function withTreachery(effect: DownEffect, faults: Faults): readonly DownEffect[] {
  if (effect.type === "sendVerdicts" || effect.type === "sendVoucher")
    return faults.strikes("verdictDropped") ? [] : [effect];
  if (effect.type !== "sendCommitSets" || !faults.draws("commitSetForked")) return [effect];
  const items = effect.items.map((item) => forked(item, effect.worker));
  faults.count("commitSetForked");
  return [{ ...effect, items }, effect];
}

// The member's own commitment stays, or it would show nothing; beside it stand others that nobody made.
function forked({ taskSpec, commitments }: CommitSetItem, worker: string): CommitSetItem {
  const own = commitments.filter((one) => one.worker === worker);
  const others = commitments.filter((one) => one.worker !== worker);
  const made = others.map((one) => ({ ...one, commitment: keccakText(`instead of ${one.commitment}`) }));
  return { taskSpec, commitments: [...own, ...made].sort((a, b) => (a.worker < b.worker ? -1 : 1)) };
}

/** What no worker is told about a lease. */
export function spyOn({ ledger }: CoordinatorState, lease: LeaseItem): Spied {
  const { taskId, checked: isChecked = true } = ledger.leases.get(lease.leaseId) ?? {};
  const task = taskId === undefined ? undefined : ledger.tasks.get(taskId);
  const job = ledger.jobs.get(lease.jobId);
  const isAudit = (task?.result ?? null) !== null;
  return { replicas: job?.replicas ?? 1, isAudit, isChecked, payer: lease.payer };
}
