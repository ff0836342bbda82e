// What receipts prove of pay: each is verified here, with the network that the auditor trusts and the roots that he read from the chain.
import {
  type Address,
  type Hash,
  type LeaseId,
  type NetworkFile,
  parseReceipt,
  type Receipt,
  type ReceiptAnswer,
  type VerifyOptions,
  verifyReceipt,
} from "@starling/protocol";
import type { Fine, ReceiptMoney } from "./sources.ts";

/** What receipts are checked against. */
export interface ReceiptTrust {
  readonly network: NetworkFile;
  /** Roots as the chain has them; null where there is no chain. */
  readonly roots: readonly Hash[] | null;
  /** A root may still be on its way to the chain. */
  readonly mayBeUnanchored: boolean;
  /** How far its job is: what is not done yet can't be proven yet. */
  readonly job: "running" | "completed" | "ended";
}

/** Reads a receipt's text; null when it is not one. */
export function receiptIn(text: string): Receipt | null {
  const parsed = parseReceipt(text);
  return parsed.ok ? parsed.receipt : null;
}

/** Verifies a receipt and adds up what it says of pay and fines. */
export function receiptMoney(receipt: Receipt, trust: ReceiptTrust): ReceiptMoney {
  const options: VerifyOptions = { network: trust.network, roots: trust.roots };
  const { checks, anchored, dissents } = verifyReceipt(receipt, options);
  const early = new Set<string>(trust.job === "running" ? afterTheEnd : trust.job === "ended" ? ["tasks"] : []);
  if (trust.mayBeUnanchored && !anchored) early.add("anchor");
  const failed = checks.filter(({ name, outcome }) => outcome === "failed" && !early.has(name));
  const overruled = new Set(dissents.map(({ task, worker, digest }) => `${task} ${worker} ${digest}`));
  const isOverruled = (task: string, { worker, digest }: ReceiptAnswer): boolean =>
    overruled.has(`${task} ${worker} ${digest}`);
  return {
    jobId: receipt.jobId,
    problems: failed.map(({ name, detail }) => `its receipt does not hold, ${name}: ${detail}`),
    earned: earnedIn(receipt),
    unpaid: unpaidIn(receipt, isOverruled),
    fines: finesIn(receipt),
    overruled: new Set(
      receipt.tasks.flatMap(({ step, index, answers }) =>
        answers.filter((answer) => isOverruled(`${step}/${index}`, answer)).map(({ leaseId }) => leaseId),
      ),
    ),
  };
}

// Questions whose answer a job owes at its end: one that did not complete never owes all of its tasks.
const afterTheEnd = ["tasks", "lottery", "acceptance", "comparison", "anchor"] as const;

function answersOf({ tasks, undecided }: Receipt): readonly ReceiptAnswer[] {
  return [...tasks, ...undecided].flatMap(({ answers }) => answers);
}

function earnedIn(receipt: Receipt): ReceiptMoney["earned"] {
  const earned = new Map<Address, { leases: number; amount: bigint }>();
  for (const { worker, paid } of answersOf(receipt)) {
    if (paid === 0n) continue;
    const known = earned.get(worker) ?? { leases: 0, amount: 0n };
    earned.set(worker, { leases: known.leases + 1, amount: known.amount + paid });
  }
  return earned;
}

// Referees work for nothing, and so does whoever asks nothing; a worker that asks something asks it for every answer.
function unpaidIn(
  receipt: Receipt,
  isOverruled: (task: string, answer: ReceiptAnswer) => boolean,
): ReceiptMoney["unpaid"] {
  const isPaid = new Set(answersOf(receipt).flatMap(({ worker, paid }) => (paid > 0n ? [worker] : [])));
  const unpaid = new Map<Address, number>();
  for (const { step, index, answers } of receipt.tasks)
    for (const answer of answers) {
      const { worker, paid, role } = answer;
      if (paid > 0n || role === "referee" || !isPaid.has(worker) || isOverruled(`${step}/${index}`, answer)) continue;
      unpaid.set(worker, (unpaid.get(worker) ?? 0) + 1);
    }
  return unpaid;
}

function finesIn(receipt: Receipt): ReadonlyMap<LeaseId, Fine> {
  const operators = new Map(receipt.workers.map(({ worker, operator }) => [worker, operator]));
  return new Map(
    answersOf(receipt).map(({ leaseId, worker, fine }) => [
      leaseId,
      { operator: operators.get(worker) ?? null, worker, amount: fine },
    ]),
  );
}
