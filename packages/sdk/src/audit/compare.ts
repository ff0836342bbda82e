// The comparison of an audit, pure: every figure that two sources tell must be the same in both, and each difference is named once.
import type { Address } from "@starling/protocol";
import { compareJobs, type Pay, payOf } from "./compare-jobs.ts";
import { compareOperators } from "./compare-operators.ts";
import { compareTotals } from "./compare-totals.ts";
import type { AuditDifference } from "./difference.ts";
import { AuditFindings, sidesOf } from "./findings.ts";
import type { BooksMoney, ChainMoney, ChainWorker, EscrowSources } from "./sources.ts";

/** Compares all accounts of an escrow; empty where they agree to the last unit. */
export function compareEscrow(sources: EscrowSources): readonly AuditDifference[] {
  const { escrowId, chain, books } = sources;
  const findings = new AuditFindings(escrowId);
  if (books === null && chain?.isClosed !== true) findings.note("escrow", escrowId, notInBooks);
  const pay = payOf(sources);
  compareJobs(sources, pay, findings);
  for (const worker of workersOf(sources, pay)) {
    if (chain !== null) compareWithItself(worker, chain, findings);
    if (books !== null) compareBooks(worker, { books, chain, earned: pay.byLeases.get(worker) ?? 0n }, findings);
    if (chain !== null) comparePayment(worker, { chain, pay }, findings);
    compareVouchers(worker, { sources, earned: pay.byLeases.get(worker) ?? 0n }, findings);
  }
  compareTotals(sources, pay, findings);
  compareOperators(sources, findings);
  return findings.differences;
}

// A closed one may be forgotten after a while; what it paid needs receipts all the same.
const notInBooks = "the chain has this escrow, and the coordinator tells nothing of it";

function workersOf({ chain, books, held }: EscrowSources, pay: Pay): readonly Address[] {
  const all = [chain?.workers, books?.workers, books?.vouchers, pay.byLeases, pay.byReceipts];
  const workers = new Set([...all.flatMap((one) => [...(one?.keys() ?? [])]), ...held.map(({ worker }) => worker)]);
  return [...workers].sort();
}

const nothing: ChainWorker = { paid: 0n, cumulative: 0n, allotted: 0n, account: { allotted: 0n, claimed: 0n } };

// A node that leaves out events, or makes some up, contradicts the contract's own accounts.
function compareWithItself(worker: Address, { workers }: ChainMoney, findings: AuditFindings): void {
  const { paid, cumulative, allotted, account } = workers.get(worker) ?? nothing;
  const why = {
    more: "the contract's account has less than its events add up to: the node of the chain makes up events, or the blocks changed meanwhile",
    less: "the contract's account has more than its events add up to: the node of the chain leaves out events",
  };
  findings.same({
    matter: "paid",
    subject: worker,
    sides: sidesOf(["chain", paid], ["chainAccount", account.claimed]),
    why,
  });
  findings.same({
    matter: "allotted",
    subject: worker,
    sides: sidesOf(["chain", allotted], ["chainAccount", account.allotted]),
    why,
  });
  if (paid === account.claimed)
    findings.same({
      matter: "paid",
      subject: worker,
      sides: sidesOf(["chain", paid], ["chain", cumulative]),
      why: gaps,
    });
}

const gaps = {
  more: "the payments add up to more than the last of them says was paid in all: an event is made up",
  less: "the payments add up to less than the last of them says was paid in all: an event is missing",
};

interface InBooks {
  readonly books: BooksMoney;
  readonly chain: ChainMoney | null;
  readonly earned: bigint;
}

function compareBooks(worker: Address, { books, chain, earned }: InBooks, findings: AuditFindings): void {
  const account = books.workers.get(worker) ?? { earned: 0n, paid: 0n, allotted: 0n };
  findings.same({
    matter: "earned",
    subject: worker,
    sides: sidesOf(["books", account.earned], ["leases", earned]),
    why: {
      more: "the coordinator's account promises more than the leases that it settled",
      less: "the coordinator's account leaves out pay of leases that it settled: the worker would get too little",
    },
  });
  if (chain === null) return;
  const onChain = chain.workers.get(worker) ?? nothing;
  findings.same({
    matter: "paid",
    subject: worker,
    sides: sidesOf(["books", account.paid], ["chain", onChain.paid]),
    why: {
      more: "the coordinator says that the worker was paid more than the chain shows: the worker is still owed it",
      less: "the chain paid the worker more than the coordinator says: it hides a payment, or does not read the chain",
    },
  });
  findings.same({
    matter: "allotted",
    subject: worker,
    sides: sidesOf(["books", account.allotted], ["chain", onChain.allotted]),
    why: {
      more: "the coordinator counts on an allotment that the chain does not have: such work would not be covered",
      less: "the chain has set more aside for the worker than the coordinator says",
    },
  });
}

// Where leases and receipts differ, that is named job by job, and the chain can agree with one of them at most.
function comparePayment(
  worker: Address,
  { chain, pay }: { readonly chain: ChainMoney; readonly pay: Pay },
  findings: AuditFindings,
): void {
  const { paid } = chain.workers.get(worker) ?? nothing;
  const proven = pay.byReceipts.get(worker) ?? 0n;
  if (pay.hasBooks && proven !== (pay.byLeases.get(worker) ?? 0n)) return;
  findings.atMost({
    matter: "paid",
    subject: worker,
    sides: sidesOf(["chain", paid], ["receipts", proven]),
    why: "a payment on chain for which there is no receipt: the payer paid for work that nothing proves, or a receipt was not found",
  });
  if (!chain.isClosed) return;
  findings.atMost({
    matter: "earned",
    subject: worker,
    sides: sidesOf(["receipts", proven], ["chain", paid]),
    why: "earned and never paid, and the escrow is closed: the worker let its allotment go, none reached, or the coordinator did not pay",
  });
}

function compareVouchers(
  worker: Address,
  { sources: { books, held }, earned }: { readonly sources: EscrowSources; readonly earned: bigint },
  findings: AuditFindings,
): void {
  const signed = books?.vouchers.get(worker);
  if (signed === null)
    findings.note("vouched", worker, "the coordinator's voucher for this worker is not signed by its account");
  const vouched = signed ?? 0n;
  if (books !== null && signed !== null)
    findings.same({
      matter: "vouched",
      subject: worker,
      sides: sidesOf(["voucher", vouched], ["leases", earned]),
      why: {
        more: "the coordinator signs for more than the leases that it settled",
        less: "the coordinator does not sign for all that the worker earned: without it the worker could not redeem the rest",
      },
    });
  let holds = 0n;
  for (const one of held) if (one.worker === worker && one.cumulative > holds) holds = one.cumulative;
  if (holds === 0n) return;
  findings.atMost({
    matter: "vouched",
    subject: worker,
    sides: sidesOf(["voucher", holds], ["books", vouched]),
    why: "the worker holds a voucher for more than the coordinator now says: it denies its own signature",
  });
}
