// What a receipt says of one worker: each of its answers, what became of it, and whether the lottery was played as it was told.
import type { Address, Hash } from "../ids.ts";
import { trustTerms } from "../trust/terms.ts";
import { agreementOf } from "./agreement.ts";
import { nameOf } from "./check-job.ts";
import { drawnRounds } from "./check-lottery.ts";
import type { AnsweredTask, AuditCause, Receipt, ReceiptAnswer } from "./receipt.ts";

/** One commitment of the worker and what followed. */
export interface WorkerAnswer {
  readonly task: string;
  readonly attempt: number;
  readonly round: number;
  /** `withheld` when it committed and never revealed. */
  readonly outcome: "accepted" | "overruled" | "undecided" | "withheld";
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
  const { auditPpm } = trustTerms(receipt.spec.trust);
  const decided = receipt.tasks.flatMap((task) => {
    const agrees = agreementOf(task, receipt.spec);
    const drawn = drawnRounds(task, auditPpm);
    const lot = (round: number) => ({
      drawn: task.ticket === null ? null : drawn.includes(round),
      ticket: task.ticket?.ticket ?? null,
    });
    return partOf(task, { worker, outcomeOf: (answer) => (agrees(answer) ? "accepted" : "overruled"), lot });
  });
  const undecided = receipt.undecided.flatMap((task) =>
    partOf(task, { worker, outcomeOf: () => "undecided", lot: () => ({ drawn: null, ticket: null }) }),
  );
  return [...decided, ...undecided];
}

interface Part {
  readonly worker: Address;
  readonly outcomeOf: (answer: ReceiptAnswer) => WorkerAnswer["outcome"];
  readonly lot: (round: number) => Pick<WorkerAnswer, "drawn" | "ticket">;
}

function partOf(task: AnsweredTask, { worker, outcomeOf, lot }: Part): readonly WorkerAnswer[] {
  const about = (round: number) => ({ task: nameOf(task), round, auditedFor: causesAfter(task, round), ...lot(round) });
  const revealed = task.answers
    .filter((answer) => answer.worker === worker)
    .map((answer): WorkerAnswer => {
      const { round, attempt, role, audit, paid, fine } = answer;
      return { ...about(round), attempt, outcome: outcomeOf(answer), role, audit, paid, fine };
    });
  const withheld = task.sets.flatMap(({ round, commitments }) =>
    commitments
      .filter((member) => member.worker === worker && member.absent !== null)
      .map(({ attempt }): WorkerAnswer => ({ ...about(round), attempt, ...nothingShown })),
  );
  return [...revealed, ...withheld];
}

const nothingShown = { outcome: "withheld", role: "replica", audit: null, paid: 0n, fine: null } as const;

function causesAfter({ answers }: AnsweredTask, round: number): readonly AuditCause[] {
  const later = answers.filter((answer) => answer.round > round);
  return [...new Set(later.flatMap(({ audit }) => (audit === null ? [] : [audit])))];
}
