// Jobs of a simulated payer, drawn from the seed: sizes, trust, budgets, deadlines, bad programs, and what the payer does with them.
import type { RandomStream } from "@starling/kernel";
import {
  type Address,
  escrowIdOf,
  type JobOrder,
  type JobSpec,
  type JobSubmission,
  jobIdOf,
  lotteryRootFrom,
  minimumBudget,
  type StepSpec,
  sealSecret,
  specHash,
  type Trust,
  totalTasks,
  trustTerms,
} from "@starling/protocol";
import { argsOf, type ProgramKind } from "./world/programs.ts";
import { coordinatorAddress, domain, hash, lotteryKey, payerAddress, payers } from "./world/records.ts";
import { unsigned } from "./world/unsigned.ts";

/** One job and what its payer does with it. */
export interface JobPlan {
  readonly number: number;
  readonly payer: Address;
  /** Whether he trusts the other payer's machine to settle mismatches. */
  readonly namesReferee: boolean;
  readonly tasks: number;
  readonly trust: Trust;
  readonly hasReduce: boolean;
  readonly program: ProgramKind;
  /** GPUs that each task has for itself; left out for none. */
  readonly gpus?: number;
  /** Budget as a multiple of the least that is accepted. */
  readonly budgetTimes: bigint;
  readonly perTaskMax: bigint;
  readonly deadlineMs: number;
  /** How much later the money may be used than the job may run. */
  readonly marginMs: number;
  /** Whether the payer signs a permit at once, or only when he is asked for one. */
  readonly permitsAtOnce: boolean;
  /** When he cancels, after the submission; null when he does not. */
  readonly cancelAfterMs: number | null;
  /** Whether tasks take long and keep checkpoints; left out where they do not. */
  readonly keepsCheckpoints?: true;
  /** Whether he submits the same again, and something else under the same key. */
  readonly repeats: boolean;
}

/** Custom ones: one replica with many audits and a fine for what a wrong answer is worth; two with none but the least. */
const TRUSTS: readonly Trust[] = [
  "spot",
  "spot",
  "spot",
  "quorum",
  "quorum",
  "strong",
  { replicas: 1, auditPpm: 300_000, distinct: ["operator"], valueTimes: 3, compare: {} },
  { replicas: 2, auditPpm: 5_000, distinct: ["operator", "subnet"], valueTimes: 0, compare: {} },
];
const BAD_PROGRAMS: readonly ProgramKind[] = ["poison", "nondeterministic", "machineDependent"];
const LONG_MS = 15 * 60 * 1_000;
/** As clients sign it. */
const MARGIN_MS = 60_000;
const SHORT_MS_MIN = 10_000;
const SHORT_MS_SPAN = 80_000;
const CANCEL_MS_SPAN = 20_000;
const TIMEOUT_MS = 5_000;
const CHECKPOINT = { bytes: 2 ** 20, everyMs: 1_000, graceMs: 300 };

/** Draws the job with this number. */
export function drawPlan(
  number: number,
  { tasksMax, priceMax }: { readonly tasksMax: number; readonly priceMax: bigint },
  random: RandomStream,
): JobPlan {
  const program = random.chance(1, 4) ? (BAD_PROGRAMS[random.below(BAD_PROGRAMS.length)] ?? "works") : "works";
  // Every second job is of the payer who has a machine of his own.
  const payer = random.chance(1, 2) ? payerAddress : (payers[random.below(payers.length)] ?? payerAddress);
  return {
    number,
    payer,
    namesReferee: payer !== payerAddress && random.chance(1, 2),
    tasks: 1 + random.below(tasksMax),
    trust: TRUSTS[random.below(TRUSTS.length)] ?? "quorum",
    hasReduce: random.chance(1, 3),
    program,
    budgetTimes: random.chance(1, 3) ? 1n : 4n,
    perTaskMax: priceMax,
    deadlineMs: random.chance(1, 6) ? SHORT_MS_MIN + random.below(SHORT_MS_SPAN) : LONG_MS,
    marginMs: random.chance(1, 4) ? 0 : MARGIN_MS,
    permitsAtOnce: !random.chance(1, 6),
    cancelAfterMs: random.chance(1, 10) ? random.below(CANCEL_MS_SPAN) : null,
    repeats: random.chance(1, 4),
  };
}

/** A job that everybody can do: what must be completed once nothing fails any more. */
export function plainPlan(number: number, priceMax: bigint): JobPlan {
  return {
    number,
    payer: payerAddress,
    namesReferee: false,
    tasks: 6,
    trust: "quorum",
    hasReduce: true,
    program: "works",
    budgetTimes: 2n,
    perTaskMax: priceMax,
    deadlineMs: LONG_MS,
    marginMs: MARGIN_MS,
    permitsAtOnce: true,
    cancelAfterMs: null,
    repeats: false,
  };
}

/** The submission of a plan; all of it follows from plan and moment. */
export function submissionOf(plan: JobPlan, now: number): JobSubmission {
  const { number, payer, tasks, trust, hasReduce, perTaskMax } = plan;
  const referees = plan.namesReferee ? [payerAddress] : [];
  const args = argsOf(plan.program);
  const spec: JobSpec = {
    version: 1,
    map: mapOf(plan, args),
    each: { kind: "range", first: 0, last: tasks - 1 },
    inputs: [],
    reduce: hasReduce ? step(number + 1_000_000, []) : null,
    seed: number,
    trust,
    ...(referees.length > 0 && { referees }),
  };
  const budget = minimumBudget(spec, perTaskMax) * plan.budgetTimes;
  const deadlineAt = now + plan.deadlineMs;
  const secret = hash(8, number);
  const idempotencyKey = `job-${number}`;
  const jobId = jobIdOf(payer, idempotencyKey);
  const order: JobOrder = {
    requester: payer,
    coordinator: coordinatorAddress,
    budget,
    specHash: specHash(spec),
    lotteryRoot: lotteryRootFrom(secret, { tasks: totalTasks(spec), auditPpm: trustTerms(trust).auditPpm }),
    deadline: Math.ceil((deadlineAt + plan.marginMs) / 1_000),
    salt: jobId,
  };
  return {
    jobId,
    payer,
    name: `job ${number}`,
    labels: {},
    idempotencyKey,
    spec,
    specHash: order.specHash,
    order,
    orderSignature: unsigned.signature,
    lottery: sealSecret(lotteryKey, { jobId, secret, nonce: new Uint8Array(24) }),
    permit: plan.permitsAtOnce ? permitOf(order) : null,
    newEscrowId: escrowIdOf(domain, order),
    perTaskMax,
    deadlineAt,
    priority: "normal",
    referees,
  };
}

/** Leave to collect the order's budget. */
export function permitOf(order: JobOrder): NonNullable<JobSubmission["permit"]> {
  return { value: order.budget, deadline: order.deadline, signature: unsigned.signature };
}

function keeping({ limits, ...rest }: StepSpec): StepSpec {
  return { ...rest, limits: { ...limits, checkpoint: CHECKPOINT } };
}

function mapOf({ number, keepsCheckpoints, gpus }: JobPlan, args: readonly string[]): StepSpec {
  const plain = step(number, args);
  const kept = keepsCheckpoints === true ? keeping(plain) : plain;
  return gpus === undefined ? kept : onGpus(kept, gpus);
}

function onGpus(plain: StepSpec, count: number): StepSpec {
  return { ...plain, runtimeClass: "gpu", needs: { ...plain.needs, gpu: { count, vramBytes: 2 ** 30, arch: [] } } };
}

function step(number: number, args: readonly string[]): StepSpec {
  return {
    runtimeClass: "wasm",
    program: { name: "program", cid: `cid:${hash(5, number).slice(2)}`, size: 100 },
    args,
    env: { INDEX: "${index}" },
    outputs: [{ name: "out", path: "out" }],
    needs: { cpuCores: 1, memoryBytes: 2 ** 20, diskBytes: 0, gpu: null },
    limits: { timeoutMs: TIMEOUT_MS, memoryBytes: 2 ** 26, outputBytes: 2 ** 20, logBytes: 2 ** 16 },
  };
}
