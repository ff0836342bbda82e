// The audit lottery of a receipt: every draw is made again, and what was drawn must have been answered by one more operator.
import { mapStep, taskCount } from "../expand.ts";
import { totalTasks } from "../spec/job-spec.ts";
import { commitSetHash, isDrawn, lotteryBond, ticketRootOf } from "../trust/lottery.ts";
import { trustTerms } from "../trust/terms.ts";
import { rulingTermsOf } from "./agreement.ts";
import { nameOf } from "./check-job.ts";
import type { Findings } from "./findings.ts";
import type { Receipt, ReceiptTask } from "./receipt.ts";
import { replay } from "./replay.ts";

/** Rounds of the sets that the lottery draws, by the opened ticket; empty while it is not opened. */
export function drawnRounds(task: ReceiptTask, auditPpm: number): readonly number[] {
  const { ticket, taskSpec, sets } = task;
  if (ticket === null) return [];
  return sets
    .filter(({ commitments: members }) => {
      const commitments = members.map(({ worker, attempt, commitment }) => ({ worker, attempt, commitment }));
      return isDrawn(ticket.ticket, commitSetHash({ taskSpec, commitments }), auditPpm);
    })
    .map(({ round }) => round);
}

/** Checks the ticket of a task, its draws, and what is said of its audits. */
export function checkLottery(receipt: Receipt, task: ReceiptTask, { report, warn }: Findings): void {
  const { spec, order } = receipt;
  const name = nameOf(task);
  if (task.ticket === null) {
    report("lottery", `the ticket of ${name} is not opened yet: its result is not settled`);
    return;
  }
  const position = task.step === mapStep ? task.index : taskCount(spec.each);
  const tasks = totalTasks(spec);
  const { auditPpm } = trustTerms(spec.trust);
  const ticketRoot = ticketRootOf(tasks, position, task.ticket);
  // Orders that bind tickets alone are as good here: the rate stands in the spec, which the payer signed too.
  if (ticketRoot === null || lotteryBond(order.lotteryRoot, { ticketRoot, tasks, auditPpm }) === null) {
    report("lottery", `the ticket of ${name} is not the one under the root that the payer signed`);
    return;
  }
  const drawn = drawnRounds(task, auditPpm);
  const { ruledAt } = replay(task, rulingTermsOf(task, spec));
  // Only first answers are drawn: whatever comes after them is a check already.
  const wasDrawn = drawn.some((round) => round <= ruledAt);
  // Whoever answers after the first ruling is one more operator: the check of operators lets none answer twice.
  const wasAnswered = task.answers.some(({ round }) => round > ruledAt);
  if (task.auditMissed !== null) warn("lottery", `${name} was to be audited and was not: ${task.auditMissed}`);
  else if (wasDrawn && !wasAnswered) report("lottery", `${name} was drawn, and nobody else was asked`);
  for (const { worker, round, audit } of task.answers) {
    if (audit === null) continue;
    if (round <= ruledAt)
      report("lottery", `${name}: ${worker} is called an audit, and nothing was accepted before it`);
    if (audit === "lottery" && !drawn.some((one) => one < round))
      report("lottery", `${name}: ${worker} is called an audit by lot, and no set before it is drawn`);
  }
}

/** How many tasks the lottery drew, and how many answers audited something. */
export function auditCounts(receipt: Receipt): { readonly drawn: number; readonly audits: number } {
  const { auditPpm } = trustTerms(receipt.spec.trust);
  const drawn = receipt.tasks.filter((task) => drawnRounds(task, auditPpm).length > 0).length;
  const audits = receipt.tasks.flatMap(({ answers }) => answers).filter(({ audit }) => audit !== null).length;
  return { drawn, audits };
}
