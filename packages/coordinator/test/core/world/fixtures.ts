// Values that tests build on: addresses, records, jobs. Everything is deterministic.
import {
  type Address,
  type CustomTrust,
  calibrationOf,
  type Hash,
  type JobSpec,
  type JobSubmission,
  jobIdOf,
  keccakText,
  lotteryRootFrom,
  type SignedWorkerRecord,
  type StepSpec,
  sealSecret,
  type Trust,
  taskCount,
  trustTerms,
  type WorkerRecord,
} from "@starling/protocol";
import { indexerDefaults, senderDefaults } from "@starling/settlement";
import {
  type CoordinatorConfig,
  type CoordinatorPolicy,
  defaultPolicy,
  type PlantedBug,
} from "../../../src/core/index.ts";

/** An address from a name. */
export function address(name: string): Address {
  return `0x${keccakText(name).slice(26)}`;
}

/** A hash from a name. */
export function hash(name: string): Hash {
  return keccakText(name);
}

export const coordinator = address("coordinator");
export const payer = address("payer");
export const startMs = 1_800_000_000_000;
const signature = `0x${"11".repeat(65)}` as const;

/** A configuration with small windows. */
export function config(
  overrides: {
    policy?: Partial<CoordinatorPolicy>;
    epoch?: number;
    plantedBugs?: readonly PlantedBug[];
    evidenceSeconds?: number;
  } = {},
): CoordinatorConfig {
  return {
    networkId: "test",
    coordinator,
    epoch: overrides.epoch ?? 1,
    policy: { ...defaultPolicy, finalityMs: 500, ...overrides.policy },
    sender: senderDefaults,
    indexer: indexerDefaults,
    windows: { claimSeconds: 4, disputeSeconds: 2 },
    court: {
      evidenceSeconds: overrides.evidenceSeconds ?? 4,
      ...{ drawSeconds: 10, commitSeconds: 10, revealSeconds: 5, appealSeconds: 5 },
    },
    lotteryKey: hash("lottery key"),
    plantedBugs: new Set(overrides.plantedBugs ?? []),
  };
}

/** A worker's record: worker and operator are named apart. */
export function record(name: string, overrides: Partial<WorkerRecord> = {}): WorkerRecord {
  return {
    version: 1,
    networkId: "test",
    peerId: `peer-${name}`,
    worker: address(`worker-${name}`),
    operator: address(`operator-${name}`),
    seq: 1,
    expiresAt: startMs + 48 * 3_600_000,
    resources: {
      arch: "x86_64",
      cpuModel: "test",
      cpuCores: 8,
      memoryBytes: 16e9,
      diskBytes: 100e9,
      accelerators: [],
    },
    classes: [{ name: "wasm", engine: "v8", calibration: calibrationOf("wasm") }],
    slots: 2,
    pricePerTask: 100n,
    addresses: [],
    region: "eu",
    ...overrides,
  };
}

/** The record with signatures that nobody checks here. */
export function signed(of: WorkerRecord): SignedWorkerRecord {
  return {
    record: of,
    peerBindingSignature: signature,
    registration: { seq: of.seq, operatorSignature: signature },
    envelope: "0x",
  };
}

/** A step with one output. */
export function step(overrides: Partial<StepSpec> = {}): StepSpec {
  return {
    runtimeClass: "wasm",
    program: { name: "program.wasm", cid: `cid:${hash("program").slice(2)}`, size: 1_000 },
    args: [`\${index}`],
    env: {},
    outputs: [{ name: "out", path: "out" }],
    needs: { cpuCores: 1, memoryBytes: 1e6, diskBytes: 1e6, gpu: null },
    limits: { timeoutMs: 10_000, memoryBytes: 1e8, outputBytes: 1_048_576, logBytes: 65_536 },
    ...overrides,
  };
}

/** Two replicas as in `quorum`, and a lottery that hardly ever draws: most tests count leases. */
export const undrawn: CustomTrust = { replicas: 2, auditPpm: 1, distinct: ["operator"], valueTimes: 0, compare: {} };

/** The same, with numbers that are compared within bounds. */
export const close: CustomTrust = {
  ...undrawn,
  compare: { out: { kind: "numeric", format: "f32", abs: 0, rel: 1e-3, l2: 0 } },
};

/** What tests vary about a job. */
export interface JobOptions {
  readonly key?: string;
  readonly tasks?: number;
  readonly reduce?: boolean;
  readonly trust?: Trust;
  readonly budget?: bigint;
  readonly perTaskMax?: bigint;
  readonly deadlineAt?: number;
  readonly withPermit?: boolean;
  readonly referees?: readonly Address[];
  readonly step?: Partial<StepSpec>;
  readonly payer?: Address;
}

// That of a million tickets takes a while.
function lotteryRootOf(secret: Hash, { each, reduce, trust }: JobSpec): Hash {
  const tasks = taskCount(each) + (reduce === null ? 0 : 1);
  if (tasks > 10_000) return hash("too many tickets for a test");
  return lotteryRootFrom(secret, { tasks, auditPpm: trustTerms(trust).auditPpm });
}

/** A submission; the escrow that its order would create follows from its key. */
export function submission(options: JobOptions = {}): JobSubmission {
  const key = options.key ?? "job-1";
  const deadlineAt = options.deadlineAt ?? startMs + 3_600_000;
  const spec: JobSpec = {
    version: 1,
    map: step(options.step),
    each: { kind: "range", first: 0, last: (options.tasks ?? 3) - 1 },
    inputs: [],
    reduce: options.reduce === true ? step({ args: ["reduce"] }) : null,
    seed: 7,
    trust: options.trust ?? undrawn,
  };
  const budget = options.budget ?? 100_000n;
  const owner = options.payer ?? payer;
  return {
    jobId: jobIdOf(owner, key),
    payer: owner,
    name: key,
    labels: {},
    idempotencyKey: key,
    spec,
    specHash: hash(`spec-${key}-${options.tasks ?? 3}`),
    order: {
      requester: owner,
      coordinator,
      budget,
      specHash: hash(`spec-${key}`),
      lotteryRoot: lotteryRootOf(hash(`lottery-${key}`), spec),
      deadline: Math.floor(deadlineAt / 1_000) + 600,
      salt: hash(`salt-${key}`),
    },
    orderSignature: signature,
    lottery: sealSecret(hash("lottery key"), {
      jobId: jobIdOf(owner, key),
      secret: hash(`lottery-${key}`),
      nonce: new Uint8Array(24),
    }),
    permit: options.withPermit === false ? null : { value: budget, deadline: 2_000_000_000, signature },
    newEscrowId: hash(`escrow-${owner}-${key}`),
    perTaskMax: options.perTaskMax ?? 150n,
    deadlineAt,
    priority: "normal",
    referees: options.referees ?? [],
  };
}
