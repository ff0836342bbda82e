// Jobs of a simulated payer, drawn from the seed.
import type { RandomStream } from "@starling/kernel";
import {
  type Address,
  escrowIdOf,
  type JobOrder,
  type JobSpec,
  type JobSubmission,
  jobIdOf,
  type SigningDomain,
  type StepSpec,
  specHash,
} from "@starling/protocol";
import { hash } from "./world/records.ts";
import { unsigned } from "./world/translate.ts";

/** What a job is drawn with. */
export interface WorkloadOptions {
  readonly payer: Address;
  readonly coordinator: Address;
  readonly domain: SigningDomain;
  readonly now: number;
  readonly tasksMax: number;
}

const PER_TASK_MAX = 50_000n;
const DEADLINE_MS = 3 * 60 * 60 * 1_000;

/** The job with this number: its size, trust and shape are random, its id follows from the number. */
export function drawJob(number: number, options: WorkloadOptions, random: RandomStream): JobSubmission {
  const { payer, coordinator, domain, now } = options;
  const count = 1 + random.below(options.tasksMax);
  const trust = random.chance(1, 4) ? "strong" : "quorum";
  const hasReduce = random.chance(1, 3);
  const spec: JobSpec = {
    version: 1,
    map: step(number),
    each: { kind: "range", first: 0, last: count - 1 },
    inputs: [],
    reduce: hasReduce ? step(number + 1_000) : null,
    seed: number,
    trust,
  };
  const replicas = trust === "strong" ? 3n : 2n;
  // Room for the extra replicas that a mismatch without a referee costs.
  const budget = BigInt(count + (hasReduce ? 1 : 0)) * replicas * PER_TASK_MAX * 4n;
  const digest = specHash(spec);
  const deadlineAt = now + DEADLINE_MS;
  const order: JobOrder = {
    requester: payer,
    coordinator,
    budget,
    specHash: digest,
    lotteryRoot: hash(0, 0),
    deadline: Math.floor(deadlineAt / 1_000),
    salt: hash(7, number),
  };
  const idempotencyKey = `job-${number}`;
  return {
    jobId: jobIdOf(payer, idempotencyKey),
    payer,
    name: `job ${number}`,
    labels: {},
    idempotencyKey,
    spec,
    specHash: digest,
    order,
    orderSignature: unsigned.signature,
    permit: { value: budget, deadline: order.deadline, signature: unsigned.signature },
    newEscrowId: escrowIdOf(domain, order),
    perTaskMax: PER_TASK_MAX,
    deadlineAt,
    priority: "normal",
    referees: [],
  };
}

function step(number: number): StepSpec {
  return {
    runtimeClass: "wasm",
    program: { name: "program", cid: `cid:${hash(5, number).slice(2)}`, size: 100 },
    args: [],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the job's grammar, not of this language.
    env: { INDEX: "${index}" },
    outputs: [{ name: "out", path: "out" }],
    needs: { cpuCores: 1, memoryBytes: 2 ** 20, diskBytes: 0, gpu: null },
    limits: { timeoutMs: 60_000, memoryBytes: 2 ** 26, outputBytes: 2 ** 20, logBytes: 2 ** 16 },
  };
}
