// Submits a prepared job: asks for the terms, uploads, signs order and permit, sends.
import { randomBytes } from "node:crypto";
import {
  type Address,
  canonicalJson,
  formatAmount,
  type Hash,
  hasChain,
  type JobId,
  type JobOrder,
  jobIdOf,
  jobOrderDigest,
  lotteryRootFrom,
  permitDigest,
  type SigningDomain,
  toHex,
  totalTasks,
  trustTerms,
} from "@starling/protocol";
import type { GetQuoteResponse, SubmitJobRequest } from "@starling/protocol/rpc";
import { missingFiles, uploadFile } from "./artifacts.ts";
import { StarlingError } from "./call-error.ts";
import type { StarlingClient } from "./client.ts";
import type { Payer } from "./payer.ts";
import type { PreparedJob } from "./prepare.ts";
import type { CallOptions } from "./rpc-client.ts";

export interface SubmitOptions extends CallOptions {
  /** Makes a repeated submission the same job; drawn at random when it is not given. */
  readonly idempotencyKey?: string;
  /** Called with what happens, for progress. */
  readonly onStep?: (step: string) => void;
}

export interface Submitted {
  readonly jobId: JobId;
  /** False when the same submission had come before. */
  readonly created: boolean;
  readonly escrowId: string;
  readonly idempotencyKey: string;
}

// The contract takes no root after the order's deadline, so what is accepted in the job's last second needs time to be anchored.
const ANCHOR_SECONDS = 600;
// The coordinator stops work this long before an escrow ends, and somewhat more.
const ESCROW_MARGIN_SECONDS = 60;
// A permit is used within seconds; an hour bears with slow chains.
const PERMIT_SECONDS = 3_600;
// Of jobs that one payer submits at once, one gets through at a time; more of them than this are not open at a time.
const TRIES_MAX = 100;

/** Submits; safe to repeat with the same idempotency key. */
export async function submitJob(
  client: StarlingClient,
  job: { readonly prepared: PreparedJob; readonly payer: Payer },
  options: SubmitOptions = {},
): Promise<Submitted> {
  const { prepared, payer } = job;
  const step = options.onStep ?? (() => undefined);
  const quoteNow = (): Promise<GetQuoteResponse> => client.jobs.getQuote({ payer: payer.address }, options);
  const [quoted, missing] = await Promise.all([quoteNow(), missingFiles(client, prepared.files, options)]);
  for (const file of missing) {
    await uploadFile(client, file, options);
    step(`uploaded ${file.path} (${file.size} bytes)`);
  }
  const idempotencyKey = options.idempotencyKey ?? randomBytes(16).toString("hex");
  const send = async (quote: GetQuoteResponse, isFunded: boolean): Promise<Submitted> => {
    const request = signedRequest({ prepared, payer, quote, idempotencyKey, isFunded });
    const answer = await client.jobs.submitJob(request, options);
    return { jobId: answer.jobId as JobId, created: answer.created, escrowId: answer.escrowId, idempotencyKey };
  };
  let isFunded = false;
  for (let tries = 1; ; tries += 1) {
    try {
      // An upload takes its time, and the quote names it.
      return await send(missing.length === 0 && tries === 1 ? quoted : await quoteNow(), isFunded);
    } catch (error) {
      if (!(error instanceof StarlingError) || tries === TRIES_MAX) throw error;
      // The escrow had enough when the quote was made; another job was faster. Then this one brings its own money.
      if (error.code === "escrowUnfunded" && !isFunded) isFunded = true;
      // Another job's permit came first, and this one is signed again for the next nonce.
      else if (error.code !== "permitOutdated") throw error;
    }
  }
}

interface Signing {
  readonly prepared: PreparedJob;
  readonly payer: Payer;
  readonly quote: GetQuoteResponse;
  readonly idempotencyKey: string;
  /** The job brings its own money, whatever the escrow holds. */
  readonly isFunded: boolean;
}

function signedRequest({ prepared, payer, quote, idempotencyKey, isFunded }: Signing): SubmitJobRequest {
  const { document, spec } = prepared;
  const domain = domainOf(quote);
  const now = Number(quote.nowMs);
  const deadlineAtMs = now + document.deadlineMs;
  const jobId = jobIdOf(payer.address, idempotencyKey);
  const secret = toHex(randomBytes(32));
  const order: JobOrder = {
    requester: payer.address,
    coordinator: quote.coordinator as Address,
    budget: prepared.budget,
    specHash: prepared.specHash,
    // Workers can tell from the order alone at which rate their results are audited.
    lotteryRoot: lotteryRootFrom(secret, { tasks: totalTasks(spec), auditPpm: trustTerms(spec.trust).auditPpm }),
    deadline: Math.ceil(deadlineAtMs / 1_000) + ANCHOR_SECONDS,
    salt: jobId,
  };
  const isCovered = !isFunded && isEnough(quote, { budget: prepared.budget, deadlineAtMs });
  // Without a chain there is no token, and the order alone says what may be owed.
  const permit = isCovered || !hasChain(domain) ? undefined : permitFor({ prepared, payer, quote }, domain);
  return {
    payer: payer.address,
    idempotencyKey,
    name: document.name,
    labels: { ...document.labels },
    specJson: canonicalJson(spec),
    order: { ...order, budget: String(order.budget), deadlineSeconds: BigInt(order.deadline) },
    orderSignature: payer.sign(jobOrderDigest(domain, order)),
    permit,
    perTaskMax: String(document.budget.perTask),
    deadlineAtMs: BigInt(deadlineAtMs),
    priority: document.priority,
    retryMax: document.retryMax ?? undefined,
    lotterySecret: secret,
  };
}

function domainOf(quote: GetQuoteResponse): SigningDomain {
  const { contracts } = quote;
  if (contracts === undefined) throw new StarlingError("internal", "the coordinator's quote names no contracts");
  const { jobEscrow, stakeRegistry, court } = contracts;
  return {
    chainId: Number(quote.chainId),
    jobEscrow: jobEscrow as Address,
    stakeRegistry: stakeRegistry as Address,
    court: court as Address,
  };
}

// Whether the payer's escrow holds the whole budget, and for as long as the job may run.
function isEnough(
  { escrow, balance }: GetQuoteResponse,
  { budget, deadlineAtMs }: { readonly budget: bigint; readonly deadlineAtMs: number },
): boolean {
  if (escrow === undefined || BigInt(escrow.available) < budget) return false;
  const lasts = Number(escrow.deadlineSeconds) - ESCROW_MARGIN_SECONDS >= deadlineAtMs / 1_000;
  // Without money for another deposit, a shorter time is better than none.
  return lasts || BigInt(balance) < budget;
}

// The contract takes the order's whole budget, so that is what is permitted.
function permitFor(
  { prepared, payer, quote }: Pick<Signing, "prepared" | "payer" | "quote">,
  domain: SigningDomain,
): SubmitJobRequest["permit"] {
  const max = prepared.budget;
  if (BigInt(quote.balance) < max) {
    throw new StarlingError(
      "insufficientFunds",
      `the account ${payer.address} holds ${formatAmount(BigInt(quote.balance))}, the job's budget is ${formatAmount(max)}; fund it or lower budget.max`,
    );
  }
  const deadline = Math.ceil(Number(quote.nowMs) / 1_000) + PERMIT_SECONDS;
  const token = {
    name: quote.tokenName,
    version: quote.tokenVersion,
    chainId: domain.chainId,
    token: quote.contracts?.token as Hash,
  };
  const digest = permitDigest(token, {
    owner: payer.address,
    spender: domain.jobEscrow,
    value: max,
    nonce: BigInt(quote.permitNonce),
    deadline,
  });
  return { value: String(max), deadlineSeconds: BigInt(deadline), signature: payer.sign(digest) };
}
