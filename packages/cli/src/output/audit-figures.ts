// The figures of an audit side by side, as plain values: for a table, and as they are for programs. Base units; null where a source says nothing.
import type { AuditDifference, EscrowAudit } from "@starling/sdk";

/** One escrow's figures. */
export interface AuditFigures {
  readonly escrowId: string;
  readonly state: string;
  readonly payer: string | null;
  /** Figures of the chain are those of this block. */
  readonly blockNumber: number;
  readonly head: number;
  readonly deposited: Pair;
  readonly refunded: Pair;
  readonly paid: Pair;
  readonly earned: { readonly receipts: bigint; readonly coordinator: bigint | null };
  readonly workers: readonly {
    readonly worker: string;
    readonly earnedByReceipts: bigint;
    readonly earned: bigint | null;
    readonly vouched: bigint | null;
    readonly paid: bigint | null;
    readonly paidOnChain: bigint | null;
  }[];
  readonly operators: readonly {
    readonly operator: string;
    readonly pledgedOnChain: bigint | null;
    readonly finesCalledFor: bigint;
    readonly finedOnChain: bigint | null;
  }[];
  readonly differences: readonly AuditDifference[];
}

interface Pair {
  readonly chain: bigint | null;
  readonly coordinator: bigint | null;
}

/** Puts the accounts of one escrow side by side. */
export function figuresOf(audit: EscrowAudit): AuditFigures {
  const { escrowId, chain, books, receipts, head, differences } = audit;
  const proven = receipts.flatMap(({ earned }) => [...earned.values()].map(({ amount }) => amount));
  return {
    escrowId,
    state: chain?.isClosed === true ? "closed" : (books?.state ?? "unknown to the coordinator"),
    payer: chain?.payer ?? books?.payer ?? null,
    blockNumber: chain?.blockNumber ?? head,
    head,
    deposited: { chain: chain?.deposited ?? null, coordinator: books?.deposited ?? null },
    refunded: { chain: chain?.refunded ?? null, coordinator: books?.refunded ?? null },
    paid: {
      chain: chain === null ? null : sum([...chain.workers.values()].map(({ paid }) => paid)),
      coordinator: books?.paid ?? null,
    },
    earned: {
      receipts: sum(proven),
      coordinator: books === null ? null : sum(books.earnings.map(({ amount }) => amount)),
    },
    workers: workersOf(audit),
    operators: operatorsOf(audit),
    differences,
  };
}

function workersOf({ chain, books, receipts }: EscrowAudit): AuditFigures["workers"] {
  const proven = new Map<string, bigint>();
  for (const { earned } of receipts)
    for (const [worker, { amount }] of earned) proven.set(worker, (proven.get(worker) ?? 0n) + amount);
  const accounts = new Map<string, { readonly earned: bigint; readonly paid: bigint }>(books?.workers ?? []);
  const vouchers = new Map<string, bigint | null>(books?.vouchers ?? []);
  const paid = new Map<string, { readonly paid: bigint }>(chain?.workers ?? []);
  return [...new Set([...accounts.keys(), ...paid.keys(), ...proven.keys()])].sort().map((worker) => ({
    worker,
    earnedByReceipts: proven.get(worker) ?? 0n,
    earned: accounts.get(worker)?.earned ?? null,
    vouched: vouchers.get(worker) ?? null,
    paid: accounts.get(worker)?.paid ?? null,
    paidOnChain: paid.get(worker)?.paid ?? null,
  }));
}

function operatorsOf({ chain, books }: EscrowAudit): AuditFigures["operators"] {
  const owed = new Map<string, bigint>();
  for (const { operator, amount } of books?.fines.values() ?? [])
    if (operator !== null) owed.set(operator, (owed.get(operator) ?? 0n) + amount);
  const onChain = new Map<string, { readonly account: bigint; readonly fined: bigint }>(chain?.operators ?? []);
  return [...new Set([...onChain.keys(), ...owed.keys()])].sort().map((operator) => ({
    operator,
    pledgedOnChain: onChain.get(operator)?.account ?? null,
    finesCalledFor: owed.get(operator) ?? 0n,
    finedOnChain: onChain.get(operator)?.fined ?? null,
  }));
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
