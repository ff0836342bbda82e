// Reading a receipt from a file that anybody may have written: every field is checked before anything is computed.
import { z } from "zod";
import { parseBaseUnits } from "../amount.ts";
import { isCid } from "../content-id.ts";
import { isAddress, isHash, isSignature } from "../hex.ts";
import type { Address, Cid, Hash, Signature } from "../ids.ts";
import type { JobSpec } from "../job.ts";
import { limits } from "../limits.ts";
import { readJobSpec } from "../spec/spec-schema.ts";
import { auditCauses, type Receipt, receiptFailuresMax, receiptFormat, receiptSentenceMax } from "./receipt.ts";

/** A receipt, or what is wrong with the file. */
export type ParsedReceipt =
  | { readonly ok: true; readonly receipt: Receipt }
  | { readonly ok: false; readonly problem: string };

const text = (check: (value: string) => boolean) => (value: unknown) => typeof value === "string" && check(value);
const hash = z.custom<Hash>(text(isHash), { error: "must be 32 bytes in lower-case hexadecimal" });
const address = z.custom<Address>(text(isAddress), { error: "must be an address in lower case" });
const signature = z.custom<Signature>(text(isSignature), { error: "must be a signature of 65 bytes" });
const cid = z.custom<Cid>(text(isCid), { error: "must be a content id" });
const short = z.string().max(limits.pathLength);
const sentence = z.string().max(receiptSentenceMax);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const uint32 = z.number().int().min(0).max(limits.uint32);
// 0 stands for a network without a chain.
const chainId = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const amount = z.string().transform((found, context): bigint => {
  const value = parseBaseUnits(found);
  if (value !== null) return value;
  context.addIssue({ code: "custom", message: "must be an amount in base units" });
  return z.NEVER;
});

const spec = z.unknown().transform((found, context): JobSpec => {
  const read = readJobSpec(found);
  if (read.ok) return read.value;
  context.addIssue({ code: "custom", message: read.problem });
  return z.NEVER;
});

const frame = z.strictObject({ root: hash, count: uint32, epoch: count, sequence: count, signature });
const proof = z.array(hash).max(32);
const evidence = z.strictObject({ frame, index: uint32, proof });
const outputs = z.array(z.strictObject({ name: short, cid, size: count })).max(limits.outputs);

const measure = z.number().min(0);
const distance = z.strictObject({ output: short, l2: measure, maxAbs: measure, maxRel: measure, within: z.boolean() });
/** Sets of a task: those of its answers, and those in which nobody revealed, after which it was tried again. */
const setsMax = 256;

const commitSet = z.strictObject({
  round: uint32,
  commitments: z
    .array(
      z.strictObject({
        worker: address,
        attempt: uint32,
        commitment: hash,
        absent: z.strictObject({ leaseId: hash, commitEvidence: evidence }).nullable(),
      }),
    )
    .min(1)
    .max(limits.commitSet),
});

// Whatever a journal of before may hold: only claims that come in today are bounded.
const used = {
  wallMs: count,
  cpuMs: count,
  peakMemoryBytes: count,
  bytesIn: count.exactOptional(),
  bytesOut: count.exactOptional(),
  gpu: z.strictObject({ memoryBytes: count, busyPercent: count }).exactOptional(),
};

const answer = z.strictObject({
  leaseId: hash,
  worker: address,
  attempt: uint32,
  role: z.enum(["replica", "referee"]),
  audit: z.enum(auditCauses).nullable(),
  round: uint32,
  commitment: hash,
  commitEvidence: evidence,
  digest: hash,
  salt: hash,
  outputs,
  revealEvidence: evidence,
  fine: amount,
  paid: amount,
  distances: z.array(distance).max(limits.outputs),
  fuel: z.int().min(1).optional(),
  usage: z.strictObject(used).optional(),
});

const failure = z.strictObject({
  worker: address,
  attempt: uint32,
  kind: z.enum(["application", "infrastructure"]),
  reason: z.string().max(limits.wordLength),
  message: sentence,
  ending: z
    .strictObject({
      exitCode: count.exactOptional(),
      signal: count.exactOptional(),
      outOfMemory: z.literal(true).exactOptional(),
    })
    .optional(),
  usage: z.strictObject({ ...used, fuel: count.exactOptional() }).optional(),
});

const answered = {
  step: z.enum(["map", "reduce"]),
  index: uint32,
  taskSpec: hash,
  answers: z.array(answer).min(1).max(limits.commitSet),
  sets: z.array(commitSet).min(1).max(setsMax),
  failures: z.array(failure).min(1).max(receiptFailuresMax).optional(),
};

const undecided = z.strictObject({
  ...answered,
  outcome: z.enum(["disputed", "nondeterministic"]),
  reason: sentence,
});

const task = z.strictObject({
  ...answered,
  attempt: uint32,
  digest: hash,
  outputs,
  acceptedBy: z.enum(["agreement", "referee", "freshReplicas"]),
  ticket: z.strictObject({ ticket: hash, proof }).nullable(),
  auditMissed: sentence.nullable(),
  anchor: z.strictObject({ batch: uint32, index: uint32, proof }).nullable(),
});

const order = z.strictObject({
  requester: address,
  coordinator: address,
  budget: amount,
  specHash: hash,
  lotteryRoot: hash,
  deadline: count,
  salt: hash,
});

const place = z.strictObject({ blockNumber: count, blockHash: hash, txHash: hash, logIndex: count });

const receiptSchema: z.ZodType<Receipt> = z.strictObject({
  format: z.literal(receiptFormat, { error: `must be ${receiptFormat}` }),
  networkId: short,
  domain: z.strictObject({ chainId, jobEscrow: address, stakeRegistry: address, court: address }),
  coordinator: address,
  jobId: hash,
  payer: address,
  idempotencyKey: z.string().min(1).max(limits.idempotencyKeyLength),
  name: short,
  labels: z.record(short, short),
  order,
  orderSignature: signature,
  spec,
  escrowId: hash,
  tasks: z.array(task).max(limits.tasks + 1),
  undecided: z.array(undecided).max(limits.tasks + 1),
  workers: z
    .array(
      z.strictObject({
        worker: address,
        operator: address,
        peerId: z.string().max(64),
        registrationSeq: count,
        operatorSignature: signature,
      }),
    )
    .max(100_000),
  batches: z
    .array(
      z.strictObject({ batch: uint32, root: hash, count: uint32, signed: frame.nullable(), place: place.nullable() }),
    )
    .max(100_000),
  issuedAt: count,
  seal: signature,
});

/** Reads a receipt from JSON text. That it can be read says nothing about whether it is true: see `verifyReceipt`. */
export function parseReceipt(found: string): ParsedReceipt {
  if (found.length > limits.receiptBytes) return { ok: false, problem: "it is too large for a receipt" };
  let value: unknown;
  try {
    value = JSON.parse(found);
  } catch {
    // The parser's own message differs between engines, so it is left out.
    return { ok: false, problem: "it is not JSON" };
  }
  const outcome = receiptSchema.safeParse(value);
  if (outcome.success) return { ok: true, receipt: outcome.data };
  const [issue] = outcome.error.issues;
  return { ok: false, problem: `${issue?.path.join(".") || "the file"}: ${issue?.message ?? "is malformed"}` };
}
