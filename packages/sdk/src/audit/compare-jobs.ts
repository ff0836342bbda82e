// Job by job: what leases say that workers earned, and what the receipt proves.
import type { Address, JobId } from "@starling/protocol";
import { type AuditFindings, sidesOf } from "./findings.ts";
import type { BooksMoney, EscrowSources, ReceiptMoney } from "./sources.ts";

/** What every worker earned, added up from both accounts of the work. */
export interface Pay {
  readonly hasBooks: boolean;
  readonly byLeases: ReadonlyMap<Address, bigint>;
  readonly byReceipts: ReadonlyMap<Address, bigint>;
}

/** Adds up the pay of all jobs. */
export function payOf({ books, receipts }: EscrowSources): Pay {
  const byLeases = new Map<Address, bigint>();
  for (const { worker, amount } of books?.earnings ?? []) add(byLeases, worker, amount);
  const byReceipts = new Map<Address, bigint>();
  for (const { earned } of receipts) for (const [worker, { amount }] of earned) add(byReceipts, worker, amount);
  return { hasBooks: books !== null, byLeases, byReceipts };
}

/** Compares leases and receipt of each job, and the receipt with what it has to prove. */
export function compareJobs({ books, receipts }: EscrowSources, pay: Pay, findings: AuditFindings): void {
  for (const receipt of receipts)
    for (const problem of receipt.problems) findings.note("receipt", receipt.jobId, problem);
  if (!pay.hasBooks || books === null) return;
  const known = new Map(receipts.map((receipt) => [receipt.jobId, receipt]));
  const leases = leasesByJob(books);
  const jobs = new Set([...books.jobs.keys(), ...leases.keys(), ...known.keys()]);
  for (const jobId of [...jobs].sort()) {
    const receipt = known.get(jobId) ?? null;
    const byWorker = leases.get(jobId) ?? new Map<Address, Work>();
    compareWork(jobId, { byWorker, receipt }, findings);
    compareSpent(jobId, { books, byWorker }, findings);
    if (receipt !== null && books.jobs.get(jobId)?.isOver === true) noteUnpaid(receipt, findings);
  }
}

interface Work {
  readonly leases: number;
  readonly amount: bigint;
}

const noWork: Work = { leases: 0, amount: 0n };

interface OfJob {
  readonly byWorker: ReadonlyMap<Address, Work>;
  readonly receipt: ReceiptMoney | null;
}

function compareWork(jobId: JobId, { byWorker, receipt }: OfJob, findings: AuditFindings): void {
  const workers = new Set([...byWorker.keys(), ...(receipt?.earned.keys() ?? [])]);
  for (const worker of [...workers].sort()) {
    const settled = byWorker.get(worker) ?? noWork;
    const proven = receipt?.earned.get(worker) ?? noWork;
    const why = {
      more:
        receipt === null
          ? "the job has no receipt, so nothing proves this pay"
          : "the receipt lacks answers that the coordinator says it paid for, or names a smaller pay for them",
      less: "the receipt names pay that the coordinator's leases leave out: it denies pay that it sealed",
    };
    const about = { subject: worker, jobId, why };
    findings.same({
      ...about,
      matter: "earned",
      sides: sidesOf(["leases", settled.amount], ["receipts", proven.amount]),
    });
    if (settled.amount === proven.amount)
      findings.same({
        ...about,
        matter: "leases",
        sides: sidesOf(["leases", BigInt(settled.leases)], ["receipts", BigInt(proven.leases)]),
      });
  }
}

function compareSpent(
  jobId: JobId,
  { books, byWorker }: { readonly books: BooksMoney; readonly byWorker: ReadonlyMap<Address, Work> },
  findings: AuditFindings,
): void {
  const earned = [...byWorker.values()].reduce((sum, { amount }) => sum + amount, 0n);
  findings.same({
    matter: "spent",
    subject: jobId,
    jobId,
    sides: sidesOf(["jobs", books.jobs.get(jobId)?.spent ?? 0n], ["leases", earned]),
    why: {
      more: "the job list says that the job cost more than its leases: the payer is shown a price that nobody earned",
      less: "the job list says that the job cost less than its leases, or leaves the job out",
    },
  });
}

function noteUnpaid({ jobId, unpaid }: ReceiptMoney, findings: AuditFindings): void {
  for (const [worker, answers] of unpaid)
    findings.note(
      "earned",
      worker,
      `the receipt of ${jobId} accepts ${answers} of its answers without pay, and pays for others of it`,
    );
}

function leasesByJob({ earnings }: BooksMoney): ReadonlyMap<JobId, ReadonlyMap<Address, Work>> {
  const jobs = new Map<JobId, Map<Address, Work>>();
  for (const { jobId, worker, leases, amount } of earnings) {
    const workers = jobs.get(jobId) ?? new Map<Address, Work>();
    const known = workers.get(worker) ?? noWork;
    workers.set(worker, { leases: known.leases + leases, amount: known.amount + amount });
    jobs.set(jobId, workers);
  }
  return jobs;
}

function add(sums: Map<Address, bigint>, key: Address, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount);
}
