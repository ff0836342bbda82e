// The books of an escrow for audits, in pieces: totals first, then what lies behind them, with every voucher signed.
import type { Emit } from "@starling/node-kit";
import { type Address, type EscrowId, voucherDigest } from "@starling/protocol";
import type { GetBooksResponse, GetLedgerResponse } from "@starling/protocol/rpc";
import type { BooksView } from "../../core/index.ts";
import type { ApiDeps } from "./deps.ts";

/** Rows of one piece: far below what a message may hold. */
const rowsMax = 1_000;

/** Books as they were at one moment. */
export interface Books {
  readonly ledger: GetLedgerResponse;
  readonly books: BooksView;
}

/** Sends all pieces. */
export async function sendBooks(
  deps: Pick<ApiDeps, "checks" | "sign">,
  { ledger, books }: Books,
  emit: Emit<GetBooksResponse>,
): Promise<void> {
  await emit({ ...empty, ledger });
  for (const rows of parts(books.earnings)) {
    await emit({ ...empty, earnings: rows.map((row) => ({ ...row, amount: String(row.amount) })) });
  }
  for (const rows of parts(books.vouchers)) {
    await emit({ ...empty, vouchers: rows.map((row) => signed(deps, ledger.escrowId as EscrowId, row)) });
  }
  for (const rows of parts(books.fines)) {
    const fines = rows.map(({ leaseId, operator, worker, amount }) => ({
      leaseId,
      operator,
      worker,
      amount: String(amount),
    }));
    await emit({ ...empty, fines });
  }
  for (const rows of parts(books.pledges)) {
    await emit({ ...empty, pledges: rows.map(({ operator, amount }) => ({ operator, amount: String(amount) })) });
  }
}

const empty: GetBooksResponse = { ledger: undefined, earnings: [], vouchers: [], fines: [], pledges: [] };

function signed(
  { checks, sign }: Pick<ApiDeps, "checks" | "sign">,
  escrowId: EscrowId,
  { worker, cumulative }: { readonly worker: Address; readonly cumulative: bigint },
): GetBooksResponse["vouchers"][number] {
  const signature = sign(voucherDigest(checks.domain, { escrowId, worker, cumulative }));
  return { worker, cumulative: String(cumulative), signature };
}

function* parts<T>(rows: readonly T[]): Iterable<readonly T[]> {
  for (let start = 0; start < rows.length; start += rowsMax) yield rows.slice(start, start + rowsMax);
}
