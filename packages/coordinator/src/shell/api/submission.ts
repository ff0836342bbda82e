// From a submitted message to a submission that the core may trust: formats, hashes and the payer's signatures.
import {
  type Address,
  type EscrowId,
  escrowIdOf,
  type Hash,
  isAddress,
  isHash,
  isSignature,
  type JobId,
  type JobOrder,
  type JobSpec,
  type JobSubmission,
  jobIdOf,
  jobOrderDigest,
  limits,
  lotteryBond,
  lotteryTree,
  type Recover,
  readJobSpec,
  type SealedSecret,
  type Signature,
  type SigningDomain,
  specHash,
  type TokenPermit,
  totalTasks,
  trustTerms,
} from "@starling/protocol";
import type { SubmitJobRequest } from "@starling/protocol/rpc";
import { defaultPolicy } from "../../core/index.ts";
import { refusal } from "./refuse.ts";

export interface SubmissionChecks {
  readonly domain: SigningDomain;
  readonly coordinator: Address;
  readonly recover: Recover;
  /** Encrypts a lottery secret for the journal. */
  readonly sealLottery: (jobId: JobId, secret: Hash) => SealedSecret;
}

const DECIMAL = /^(0|[1-9][0-9]{0,38})$/;

/** Parses and checks everything that does not depend on the coordinator's state. Throws a refusal. */
export function readSubmission(request: SubmitJobRequest, checks: SubmissionChecks): JobSubmission {
  const payer = address(request.payer, "payer");
  const spec = readJobSpec(parseJson(request.specJson));
  if (!spec.ok)
    throw refusal("invalidSpec", `the spec is malformed: ${spec.problem}`, [
      { field: "spec_json", description: spec.problem },
    ]);
  const { idempotencyKey } = request;
  if (idempotencyKey.length < 1 || idempotencyKey.length > limits.idempotencyKeyLength) {
    throw field("idempotency_key", `it has 1 to ${limits.idempotencyKeyLength} characters`);
  }
  const jobId = jobIdOf(payer, idempotencyKey);
  const order = readOrder(request);
  const digest = specHash(spec.value);
  if (order.requester !== payer) throw refusal("orderMismatch", "the order names another payer than the submission");
  if (order.coordinator !== checks.coordinator)
    throw refusal(
      "wrongCoordinator",
      `the order names coordinator ${order.coordinator}, this is ${checks.coordinator}: ask for a new quote`,
    );
  if (order.specHash !== digest)
    throw refusal("specHashMismatch", `the order names spec ${order.specHash}, the submitted spec has ${digest}`);
  if (order.salt !== jobId) throw refusal("jobIdMismatch", `the order's salt must be the job id ${jobId}`);
  const secret = hash(request.lotterySecret, "lottery_secret");
  checkLottery(secret, order, spec.value);
  const orderSignature = signature(request.orderSignature, "order_signature");
  if (checks.recover(jobOrderDigest(checks.domain, order), orderSignature) !== payer) {
    throw refusal("orderUnsigned", "the order is not signed by the payer: check chain id and contract of the quote", [
      { field: "order_signature", description: "does not recover to the payer" },
    ]);
  }
  const { priority } = request;
  if (priority !== "urgent" && priority !== "normal" && priority !== "spare")
    throw field("priority", "it is urgent, normal or spare");
  return {
    jobId,
    payer,
    name: bounded(request.name, { name: "name", most: limits.jobNameLength }),
    labels: readLabels(request.labels),
    idempotencyKey,
    spec: spec.value,
    specHash: digest,
    order,
    orderSignature,
    lottery: checks.sealLottery(jobId, secret),
    permit: readPermit(request.permit),
    newEscrowId: escrowIdOf(checks.domain, order) as EscrowId,
    perTaskMax: amount(request.perTaskMax, "per_task_max"),
    deadlineAt: time(request.deadlineAtMs, { name: "deadline_at_ms", unit: "milliseconds" }),
    priority,
    referees: spec.value.referees ?? [],
    ...(request.retryMax === undefined ? {} : { retryMax: request.retryMax }),
  };
}

// The root binds the rate too, or workers would take the coordinator for one that gives another rate than the payer signed.
function checkLottery(secret: Hash, order: JobOrder, spec: JobSpec): void {
  const tasks = totalTasks(spec);
  if (tasks > defaultPolicy.ticketsCheckedMax) return;
  const { auditPpm } = trustTerms(spec.trust);
  const terms = { ticketRoot: lotteryTree(secret, tasks).root, tasks, auditPpm };
  if (lotteryBond(order.lotteryRoot, terms) !== null) return;
  throw refusal(
    "orderMismatch",
    "the order's lottery root is not that of the lottery secret's tickets and the spec's rate",
    [{ field: "order.lottery_root", description: "does not follow from lottery_secret and spec" }],
  );
}

function readOrder({ order }: SubmitJobRequest): JobOrder {
  if (order === undefined) throw field("order", "it is missing");
  return {
    requester: address(order.requester, "order.requester"),
    coordinator: address(order.coordinator, "order.coordinator"),
    budget: amount(order.budget, "order.budget"),
    specHash: hash(order.specHash, "order.spec_hash"),
    lotteryRoot: hash(order.lotteryRoot, "order.lottery_root"),
    deadline: time(order.deadlineSeconds, { name: "order.deadline_seconds", unit: "seconds" }),
    salt: hash(order.salt, "order.salt"),
  };
}

function readPermit(permit: SubmitJobRequest["permit"]): TokenPermit | null {
  if (permit === undefined) return null;
  return {
    value: amount(permit.value, "permit.value"),
    deadline: time(permit.deadlineSeconds, { name: "permit.deadline_seconds", unit: "seconds" }),
    signature: signature(permit.signature, "permit.signature"),
  };
}

function readLabels(labels: SubmitJobRequest["labels"]): Record<string, string> {
  const entries = Object.entries(labels);
  if (entries.length > limits.labels) throw field("labels", `there are at most ${limits.labels}`);
  for (const [key, value] of entries) {
    if (key.length > limits.labelKeyLength || value.length > limits.labelValueLength)
      throw field("labels", `keys have at most ${limits.labelKeyLength} characters, values ${limits.labelValueLength}`);
  }
  return Object.fromEntries(entries);
}

function parseJson(text: string): unknown {
  if (text.length > limits.specBytes) throw field("spec_json", `it has at most ${limits.specBytes} characters`);
  try {
    return JSON.parse(text);
  } catch {
    throw field("spec_json", "it is not JSON");
  }
}

function field(name: string, description: string): ReturnType<typeof refusal> {
  return refusal("invalidArgument", `${name}: ${description}`, [{ field: name, description }]);
}

function bounded(text: string, { name, most }: { readonly name: string; readonly most: number }): string {
  if (text.length > most) throw field(name, `it has at most ${most} characters`);
  return text;
}

function address(text: string, name: string): Address {
  if (!isAddress(text)) throw field(name, "it is 0x and 40 lower-case hexadecimal digits");
  return text;
}

// A time that cannot be encoded into a call of the contract would be found out only when its transaction is made.
function time(value: bigint, { name, unit }: { readonly name: string; readonly unit: string }): number {
  const at = Number(value);
  if (!Number.isSafeInteger(at) || at <= 0) throw field(name, `it is a number of ${unit} since 1970`);
  return at;
}

function hash(text: string, name: string): Hash {
  if (!isHash(text)) throw field(name, "it is 0x and 64 lower-case hexadecimal digits");
  return text;
}

function signature(text: string, name: string): Signature {
  if (!isSignature(text)) throw field(name, "it is 0x and 130 lower-case hexadecimal digits (r, s, v)");
  return text;
}

function amount(text: string, name: string): bigint {
  if (!DECIMAL.test(text)) throw field(name, "it is a decimal number of base units");
  return BigInt(text);
}
