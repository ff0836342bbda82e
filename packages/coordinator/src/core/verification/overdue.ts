// Tasks whose time has come: a window is over, or a wait for operators was in vain.
import { present } from "@starling/kernel";
import { wantsReferee } from "../indexes/maintain.ts";
import type { Task } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { auditOverdue, reviewResult } from "./audit.ts";
import { disputeTask } from "./dispute.ts";
import { askFreshReplicas } from "./mismatch.ts";
import { rulingOn } from "./ruling.ts";
import { applyRuling } from "./verdict.ts";

/** A provisional result at the end of its window, or a task that waited too long for a referee or for unused operators. */
export function taskOverdue(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  if (task.state === "accepted") {
    reviewResult(state, task, turn);
  } else if (task.state !== "queued") {
    return;
  } else if (task.resolver === "agreement") {
    auditOverdue(state, task, turn);
  } else if (task.resolver === "freshReplicas") {
    const message = "answers differ, and there were not enough unused operators in time";
    disputeTask(state, task, { reason: { code: "disputed", message }, turn });
  } else if (wantsReferee(state, task)) {
    const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
    const reason = { code: "refereeMissing", message: "no referee was free in time; fresh replicas decide" };
    askFreshReplicas(task, { replicas: job.replicas, reason }, turn);
  } else {
    // Nobody was free to confirm the referee: its answer stands for its payer, and nobody is blamed.
    applyRuling(state, task, { ruling: rulingOn(state, task, true), turn });
  }
}
