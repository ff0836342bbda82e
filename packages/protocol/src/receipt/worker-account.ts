// What a receipt says of one worker: each of its answers, what became of it, and whether the lottery was played as it was told.
import type { Address, Hash } from "../ids.ts";
import { trustTerms } from "../trust/terms.ts";
import { agreementOf } from "./agreement.ts";
import { nameOf } from "./check-job.ts";
import { drawnRounds } from "./check-lottery.ts";
import type { AuditCause, Receipt, ReceiptTask } from "./receipt.ts";

/** One commitment of the worker and what followed. */
export interface WorkerAnswer {
  readonly task: string;
  readonly attempt: number;
  readonly round: number;
  /** `withheld` when it committed and never revealed. */
  readonly outcome: "accepted" | "overruled" | "withheld";
  readonly role: "replica" | "referee";
  /** Why it was asked, when the task had been accepted before; null for ordinary work. */
  readonly audit: AuditCause | null;
  /** Whether the lottery drew the set in which it stood. Null while the ticket is closed. */
  readonly drawn: boolean | null;
  /** Why others were asked after it to check the task; empty when nobody was. */
  readonly auditedFor: readonly AuditCause[];
  /** The ticket, for the worker to draw again; null while it is closed. */
  readonly ticket: Hash | null;
  /** What the coordinator says that it earned, base units. */
  readonly paid: bigint;
  /** What it put at stake, base units; null when it withheld. */
  readonly fine: bigint | null;
}

/** Everything that the receipt says of a worker, by task. Worth something only when the receipt holds. */
export function answersOfWorker(receipt: Receipt, worker: Address): readonly WorkerAnswer[] {
  return receipt.tasks.flatMap((task) => [...revealedBy(receipt, task, worker), ...withheldBy(receipt, task, worker)]);
}

function revealedBy(receipt: Receipt, task: ReceiptTask, worker: Address): readonly WorkerAnswer[] {
  const agrees = agreementOf(task, receipt.spec);
  return task.answers
    .filter((answer) => answer.worker === worker)
    .map((answer) => ({
      ...about(receipt, task, answer.round),
      attempt: answer.attempt,
      outcome: agrees(answer) ? "accepted" : "overruled",
      role: answer.role,
      audit: answer.audit,
      paid: answer.paid,
      fine: answer.fine,
    }));
}

function withheldBy(receipt: Receipt, task: ReceiptTask, worker: Address): readonly WorkerAnswer[] {
  return task.sets.flatMap(({ round, commitments }) =>
    commitments
      .filter((member) => member.worker === worker && member.absent !== null)
      .map(({ attempt }) => ({
        ...about(receipt, task, round),
        attempt,
        outcome: "withheld" as const,
        role: "replica" as const,
        audit: null,
        paid: 0n,
        fine: null,
      })),
  );
}

function about(receipt: Receipt, task: ReceiptTask, round: number) {
  const later = task.answers.filter((answer) => answer.round > round);
  return {
    task: nameOf(task),
    round,
    drawn: task.ticket === null ? null : drawnRounds(task, trustTerms(receipt.spec.trust).auditPpm).includes(round),
    auditedFor: [...new Set(later.flatMap(({ audit }) => (audit === null ? [] : [audit])))],
    ticket: task.ticket?.ticket ?? null,
  };
}
