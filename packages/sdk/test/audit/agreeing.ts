// An escrow of which chain, books and receipts tell the same, built from a few free figures.
import type { Address, EscrowId, JobId, LeaseId } from "@starling/protocol";
import fc from "fast-check";
import type { EscrowSources, ReceiptMoney } from "../../src/audit/sources.ts";

/** What is free: everything else follows. */
export interface FreeFigures {
  /** Pay of each answer, by job and worker. */
  readonly answers: readonly { readonly job: number; readonly worker: number; readonly pay: bigint }[];
  readonly isClosed: boolean;
  /** Parts of a hundred of what each worker earned that is paid; all of it in a closed escrow. */
  readonly paidPercent: number;
  readonly fine: bigint;
  readonly fined: boolean;
}

const amount = fc.bigInt({ min: 1n, max: 10n ** 9n });

/** Some jobs of some workers, of whom one was caught. */
export const freeFigures: fc.Arbitrary<FreeFigures> = fc.record({
  answers: fc.array(fc.record({ job: fc.nat(2), worker: fc.nat(3), pay: amount }), { minLength: 1, maxLength: 12 }),
  isClosed: fc.boolean(),
  paidPercent: fc.nat(100),
  fine: amount,
  fined: fc.boolean(),
});

/** The escrow of all tests. */
export const escrowId: EscrowId = `0x${"e5".repeat(32)}`;
/** Whose worker was caught. */
export const liar: Address = address(9);

function address(number: number): Address {
  return `0x${number.toString(16).padStart(40, "a")}`;
}

/** The lease with the wrong answer. */
export const wrongLease: LeaseId = `0x${"11".repeat(32)}`;

function jobIdOf(number: number): JobId {
  return `0x${number.toString(16).padStart(64, "b")}`;
}

/** Three accounts that agree. */
export function agreeing({ answers, isClosed, paidPercent, fine, fined }: FreeFigures): EscrowSources {
  const work = new Map<string, { job: JobId; worker: Address; leases: number; amount: bigint }>();
  for (const { job, worker, pay } of answers) {
    const key = `${job}/${worker}`;
    const known = work.get(key) ?? { job: jobIdOf(job), worker: address(worker), leases: 0, amount: 0n };
    work.set(key, { ...known, leases: known.leases + 1, amount: known.amount + pay });
  }
  const rows = [...work.values()];
  const earned = sums(rows.map((row) => [row.worker, row.amount]));
  const spent = sums(rows.map((row) => [row.job, row.amount]));
  const percent = isClosed ? 100n : BigInt(paidPercent);
  const paid = new Map([...earned].map(([worker, value]) => [worker, (value * percent) / 100n]));
  const [earnedInAll, paidInAll] = [total(earned), total(paid)];
  const [deposited, refunded] = [2n * earnedInAll, isClosed ? 2n * earnedInAll - paidInAll : 0n];
  const taken = fined ? fine : 0n;
  return {
    escrowId,
    chain: {
      blockNumber: 9,
      payer: address(8),
      deposited,
      refunded,
      isClosed,
      workers: new Map(
        [...earned].map(([worker, value]) => {
          const claimed = paid.get(worker) ?? 0n;
          return [
            worker,
            { paid: claimed, cumulative: claimed, allotted: value, account: { allotted: value, claimed } },
          ];
        }),
      ),
      operators: new Map([[liar, { pledged: 2n * fine, released: 0n, fined: taken, account: 2n * fine - taken }]]),
      roots: [],
      account: { budget: deposited - refunded, allotted: isClosed ? paidInAll : earnedInAll, claimed: paidInAll },
    },
    books: {
      blockNumber: 9,
      payer: address(8),
      state: isClosed ? "closed" : "open",
      deposited,
      refunded,
      allotted: earnedInAll,
      owed: earnedInAll - paidInAll,
      paid: paidInAll,
      isBalanced: true,
      workers: new Map(
        [...earned].map(([worker, value]) => [
          worker,
          { earned: value, paid: paid.get(worker) ?? 0n, allotted: value },
        ]),
      ),
      earnings: rows.map(({ job: jobId, worker, leases, amount: value }) => ({ jobId, worker, leases, amount: value })),
      vouchers: new Map(earned),
      fines: new Map([[wrongLease, { operator: liar, worker: liar, amount: fine }]]),
      pledges: new Map([[liar, 2n * fine - taken]]),
      jobs: new Map([...spent].map(([jobId, value]) => [jobId, { spent: value, isOver: true }])),
    },
    receipts: [...spent.keys()].map(
      (jobId, i): ReceiptMoney => ({
        jobId,
        problems: [],
        earned: new Map(
          rows
            .filter(({ job }) => job === jobId)
            .map((row) => [row.worker, { leases: row.leases, amount: row.amount }]),
        ),
        unpaid: new Map(),
        fines: i === 0 ? new Map([[wrongLease, { operator: liar, worker: liar, amount: fine }]]) : new Map(),
        overruled: new Set(i === 0 ? [wrongLease] : []),
      }),
    ),
    held: [...earned].map(([worker, cumulative]) => ({ escrowId, worker, cumulative })),
  };
}

function sums<K>(rows: readonly (readonly [K, bigint])[]): Map<K, bigint> {
  const found = new Map<K, bigint>();
  for (const [key, value] of rows) found.set(key, (found.get(key) ?? 0n) + value);
  return found;
}

function total(amounts: ReadonlyMap<unknown, bigint>): bigint {
  return [...amounts.values()].reduce((sum, one) => sum + one, 0n);
}
