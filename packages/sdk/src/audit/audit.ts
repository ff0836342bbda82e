// An audit: asks the chain, the coordinator and the receipts of one escrow, or of all, and compares what they say.
import {
  type Address,
  type EscrowId,
  type Hash,
  type NetworkFile,
  type Receipt,
  signingDomainOf,
} from "@starling/protocol";
import type { Job } from "@starling/protocol/rpc";
import { StarlingError } from "../call-error.ts";
import type { StarlingClient } from "../client.ts";
import { fetchReceipt } from "../results.ts";
import type { CallOptions } from "../rpc-client.ts";
import { compareEscrow } from "./compare.ts";
import type { AuditDifference } from "./difference.ts";
import type { ChainNode } from "./json-rpc.ts";
import { jobsByEscrow, readBooks, type VoucherCheck } from "./read-books.ts";
import { chainIdOf, escrowsOf, headOf, readChain } from "./read-chain.ts";
import { receiptIn, receiptMoney } from "./read-receipts.ts";
import type { BooksMoney, EscrowSources, HeldVoucher, ReceiptMoney } from "./sources.ts";

/** Whom an audit asks, and what it trusts. */
export interface Auditor {
  readonly client: StarlingClient;
  /** Null in a network without a chain. */
  readonly node: ChainNode | null;
  /** From a source that the auditor trusts: chain, contracts and coordinators. */
  readonly network: NetworkFile;
  /** Receipts that the auditor kept, beside those that the coordinator hands out. */
  readonly receipts?: readonly Receipt[];
  readonly held?: readonly HeldVoucher[];
}

/** What was found of one escrow. */
export interface EscrowAudit extends EscrowSources {
  /** The newest block of the chain; figures are those of the block that the books have reached. */
  readonly head: number;
  readonly differences: readonly AuditDifference[];
}

/** Blocks that books may be behind, beyond those that a network waits for: they are read in pieces. */
const blocksBehindMax = 64;

/** So often the books are read again while a job runs and changes them. */
const readingsMax = 5;

/** Audits one escrow, or all that the caller may see. Throws `StarlingError` when a source can't be asked at all. */
export async function auditEscrows(
  auditor: Auditor,
  only: EscrowId | null,
  options: CallOptions = {},
): Promise<readonly EscrowAudit[]> {
  const chainId = auditor.node === null ? 0 : await chainIdOf(auditor.node);
  if (chainId !== auditor.network.chainId)
    throw new StarlingError(
      "configuration",
      `the chain's node is one of chain ${chainId}, and the network is on chain ${auditor.network.chainId}`,
    );
  const jobs = await jobsByEscrow(auditor.client, options);
  const audits: EscrowAudit[] = [];
  for (const escrowId of await escrowsToAudit(auditor, { only, jobs }))
    audits.push(await auditEscrow(auditor, { escrowId, jobs: jobs.get(escrowId) ?? [] }, options));
  return audits;
}

/** The signatures that an audit takes for a coordinator's. */
export function voucherCheckOf(network: NetworkFile): VoucherCheck {
  return {
    domain: signingDomainOf(network),
    coordinators: new Set(network.coordinators.map(({ address }) => address)),
  };
}

// The chain is asked too: the coordinator could leave one out.
async function escrowsToAudit(
  { node, network, receipts = [] }: Auditor,
  { only, jobs }: { readonly only: EscrowId | null; readonly jobs: ReadonlyMap<EscrowId, readonly Job[]> },
): Promise<readonly EscrowId[]> {
  if (only !== null) return [only];
  const listed = [...jobs.values()].flat();
  const payers = new Set<Address>([
    ...listed.map(({ payer }) => payer as Address),
    ...receipts.map(({ payer }) => payer),
  ]);
  const onChain =
    node === null ? [] : await escrowsOf(node, network, { payers: [...payers], toBlock: await headOf(node) });
  return [...new Set([...onChain, ...jobs.keys(), ...receipts.map(({ escrowId }) => escrowId)])];
}

interface OneEscrow {
  readonly escrowId: EscrowId;
  readonly jobs: readonly Job[];
}

async function auditEscrow(
  auditor: Auditor,
  { escrowId, jobs }: OneEscrow,
  options: CallOptions,
): Promise<EscrowAudit> {
  const { node, network, held = [] } = auditor;
  const { books, receipts } = await atRest(auditor, { escrowId, jobs }, options);
  const head = node === null ? 0 : await headOf(node);
  const toBlock = Math.min(head, books?.blockNumber ?? head);
  const chain = node === null ? null : await readChain(node, network, { escrowId, toBlock });
  const sources: EscrowSources = {
    escrowId,
    chain,
    books,
    receipts: receipts.map((receipt) =>
      verified(receipt, { network, roots: chain?.roots ?? null, isClosed: chain?.isClosed ?? true, jobs }),
    ),
    held: held.filter((voucher) => voucher.escrowId === escrowId),
  };
  const late = books === null || node === null ? [] : lateness(escrowId, { books, head, network });
  return { ...sources, head, differences: [...late, ...compareEscrow(sources)] };
}

interface Against {
  readonly network: NetworkFile;
  readonly roots: readonly Hash[] | null;
  readonly isClosed: boolean;
  readonly jobs: readonly Job[];
}

function verified(receipt: Receipt, { network, roots, isClosed, jobs }: Against): ReceiptMoney {
  const job = jobs.find(({ jobId }) => jobId === receipt.jobId);
  const isRunning = job !== undefined && job.endedAtMs === 0n;
  // Of a job that the coordinator does not list any more nothing is on its way.
  const howFar = isRunning ? "running" : (job?.state ?? "completed") === "completed" ? "completed" : "ended";
  return receiptMoney(receipt, { network, roots, mayBeUnanchored: !isClosed, job: howFar });
}

interface AtRest {
  readonly books: BooksMoney | null;
  readonly receipts: readonly Receipt[];
}

// Receipts and books are read one after the other, and a running job earns in between: they are of one moment when it did not.
async function atRest(auditor: Auditor, one: OneEscrow, options: CallOptions): Promise<AtRest> {
  const { client, network } = auditor;
  const check = voucherCheckOf(network);
  let before = await readBooks(client, { ...one, check }, options);
  for (let reading = 1; ; reading += 1) {
    const receipts = await receiptsOf(auditor, one, options);
    const jobs = (await jobsByEscrow(client, options)).get(one.escrowId) ?? one.jobs;
    const books = await readBooks(client, { escrowId: one.escrowId, jobs, check }, options);
    if (reading >= readingsMax || workIn(before) === workIn(books)) return { books, receipts };
    before = books;
  }
}

function workIn(books: BooksMoney | null): string {
  return (books?.earnings ?? [])
    .map(({ jobId, worker, leases, amount }) => `${jobId} ${worker} ${leases} ${amount}`)
    .join();
}

async function receiptsOf(
  { client, receipts: kept = [] }: Auditor,
  { escrowId, jobs }: OneEscrow,
  options: CallOptions,
): Promise<readonly Receipt[]> {
  const found = new Map(
    kept.filter((receipt) => receipt.escrowId === escrowId).map((one) => [one.jobId as string, one]),
  );
  for (const { jobId } of jobs) {
    const receipt = await receiptOf(client, jobId, options);
    if (receipt !== null) found.set(jobId, receipt);
  }
  return [...found.values()];
}

// A job of which nothing was accepted has none. One that can't be read is as good as none.
async function receiptOf(client: StarlingClient, jobId: string, options: CallOptions): Promise<Receipt | null> {
  try {
    return receiptIn(await fetchReceipt(client, jobId, options));
  } catch (error) {
    if (error instanceof StarlingError && error.code === "receiptNotFound") return null;
    throw error;
  }
}

function lateness(
  escrowId: EscrowId,
  { books, head, network }: { readonly books: BooksMoney; readonly head: number; readonly network: NetworkFile },
): readonly AuditDifference[] {
  const behind = head - books.blockNumber;
  const about = { escrowId, matter: "books", subject: escrowId, jobId: null, sides: [], amount: 0n } as const;
  if (behind > network.confirmations + blocksBehindMax)
    return [
      {
        ...about,
        reason: `the coordinator's books end at block ${books.blockNumber}, ${behind} blocks behind the chain: what happened since is in none of its figures`,
      },
    ];
  if (behind < -1)
    return [
      {
        ...about,
        reason: `the coordinator's books name block ${books.blockNumber}, and the chain's node has ${head} blocks: one of them is on another chain, or the node is far behind`,
      },
    ];
  return [];
}
