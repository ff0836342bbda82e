// The coordinator's own account of an escrow, asked over its API and believed in nothing.
import {
  type Address,
  type EscrowId,
  isAddress,
  isHash,
  type JobId,
  type LeaseId,
  recoverAddress,
  type SigningDomain,
  voucherDigest,
} from "@starling/protocol";
import type { GetBooksResponse, GetLedgerResponse, Job } from "@starling/protocol/rpc";
import { StarlingError } from "../call-error.ts";
import type { StarlingClient } from "../client.ts";
import type { CallOptions } from "../rpc-client.ts";
import type { BooksMoney, Earned, Fine } from "./sources.ts";

/** Whose signature a voucher has to carry, and where it is valid. */
export interface VoucherCheck {
  readonly domain: SigningDomain;
  readonly coordinators: ReadonlySet<Address>;
}

/** Every job that the coordinator lists, by its escrow. */
export async function jobsByEscrow(
  client: StarlingClient,
  options: CallOptions = {},
): Promise<ReadonlyMap<EscrowId, readonly Job[]>> {
  const found = new Map<EscrowId, Job[]>();
  let pageToken = "";
  do {
    const page = await client.jobs.listJobs(
      { pageSize: 500, pageToken, states: [], labels: {}, idPrefix: "" },
      options,
    );
    for (const job of page.jobs) {
      const escrowId = hashIn(job.escrowId);
      const known = found.get(escrowId);
      if (known === undefined) found.set(escrowId, [job]);
      else known.push(job);
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return found;
}

/** What it says of one escrow; null when it knows of none. Throws `StarlingError` for an answer that makes no sense. */
export async function readBooks(
  client: StarlingClient,
  {
    escrowId,
    jobs,
    check,
  }: { readonly escrowId: EscrowId; readonly jobs: readonly Job[]; readonly check: VoucherCheck },
  options: CallOptions = {},
): Promise<BooksMoney | null> {
  const pieces: GetBooksResponse[] = [];
  try {
    for await (const piece of client.ledger.getBooks({ escrowId }, options)) pieces.push(piece);
  } catch (error) {
    if (error instanceof StarlingError && error.code === "escrowNotFound") return null;
    throw error;
  }
  const ledger = pieces.find((piece) => piece.ledger !== undefined)?.ledger;
  if (ledger === undefined) throw nonsense("books without totals");
  return { ...totalsOf(ledger), ...detailsOf(pieces, { escrowId, check }), jobs: new Map(jobs.map(spentOf)) };
}

function spentOf(job: Job): readonly [JobId, { readonly spent: bigint; readonly isOver: boolean }] {
  return [hashIn(job.jobId), { spent: amountIn(job.spent), isOver: job.endedAtMs !== 0n }];
}

function totalsOf(ledger: GetLedgerResponse): Omit<BooksMoney, "earnings" | "vouchers" | "fines" | "pledges" | "jobs"> {
  return {
    blockNumber: Number(ledger.blockNumber),
    payer: addressIn(ledger.payer),
    state: ledger.state,
    deposited: amountIn(ledger.deposited),
    refunded: amountIn(ledger.refunded),
    allotted: amountIn(ledger.allotted),
    owed: amountIn(ledger.owed),
    paid: amountIn(ledger.paid),
    isBalanced: ledger.balanced,
    workers: new Map(
      ledger.workers.map(({ worker, earned, paid, allotted }) => [
        addressIn(worker),
        { earned: amountIn(earned), paid: amountIn(paid), allotted: amountIn(allotted) },
      ]),
    ),
  };
}

function detailsOf(
  pieces: readonly GetBooksResponse[],
  { escrowId, check }: { readonly escrowId: EscrowId; readonly check: VoucherCheck },
): Pick<BooksMoney, "earnings" | "vouchers" | "fines" | "pledges"> {
  const earnings = pieces.flatMap((piece) =>
    piece.earnings.map(
      ({ jobId, worker, leases, amount }): Earned => ({
        jobId: hashIn(jobId),
        worker: addressIn(worker),
        leases,
        amount: amountIn(amount),
      }),
    ),
  );
  const vouchers = pieces.flatMap((piece) =>
    piece.vouchers.map((row): readonly [Address, bigint | null] => {
      const worker = addressIn(row.worker);
      const cumulative = amountIn(row.cumulative);
      const isSigned = isVoucherSigned({ escrowId, worker, cumulative }, row.signature, check);
      return [worker, isSigned ? cumulative : null];
    }),
  );
  const fines = pieces.flatMap((piece) =>
    piece.fines.map(({ leaseId, operator, worker, amount }): readonly [LeaseId, Fine] => [
      hashIn(leaseId),
      { operator: addressIn(operator), worker: addressIn(worker), amount: amountIn(amount) },
    ]),
  );
  const pledges = pieces.flatMap((piece) =>
    piece.pledges.map(({ operator, amount }): readonly [Address, bigint] => [addressIn(operator), amountIn(amount)]),
  );
  return { earnings, vouchers: new Map(vouchers), fines: new Map(fines), pledges: new Map(pledges) };
}

/** Whether a coordinator of the network signed a voucher. */
export function isVoucherSigned(
  voucher: { readonly escrowId: EscrowId; readonly worker: Address; readonly cumulative: bigint },
  signature: string,
  { domain, coordinators }: VoucherCheck,
): boolean {
  if (!/^0x[0-9a-f]{130}$/.test(signature)) return false;
  const signer = recoverAddress(voucherDigest(domain, voucher), signature as `0x${string}`);
  return signer !== null && coordinators.has(signer);
}

function amountIn(text: string): bigint {
  if (!/^-?[0-9]{1,60}$/.test(text)) throw nonsense(`the amount "${text.slice(0, 70)}"`);
  return BigInt(text);
}

function addressIn(text: string): Address {
  if (!isAddress(text)) throw nonsense(`the account "${text.slice(0, 70)}"`);
  return text;
}

function hashIn(text: string): EscrowId {
  if (!isHash(text)) throw nonsense(`the id "${text.slice(0, 70)}"`);
  return text;
}

function nonsense(what: string): StarlingError {
  return new StarlingError("internal", `the coordinator's answer makes no sense: ${what}`);
}
