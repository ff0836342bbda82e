// A job as everybody sees it once it is parsed: content-addressed, with money and deadline, independent of YAML.
import type { Needs } from "./gossip-message.ts";
import type { Address, Cid, EscrowId, Hash, JobId, Signature } from "./ids.ts";
import type { Comparator } from "./trust/comparator.ts";
import type { SealedSecret } from "./trust/sealed-secret.ts";
import type { Distinct } from "./trust/terms.ts";
import type { ArtifactRef, TaskLimits } from "./work-message.ts";
import type { RuntimeClass } from "./worker-record.ts";

/** One replica and a lottery, two replicas, or three on machines that share as little as possible. */
export type TrustLevel = "spot" | "quorum" | "strong";

/** Trust that is spelled out; what each part means stands with `TrustTerms`. */
export interface CustomTrust {
  readonly replicas: number;
  readonly auditPpm: number;
  readonly distinct: readonly Distinct[];
  readonly valueTimes: number;
  readonly compare: Readonly<Record<string, Comparator>>;
}

/** What a job chooses. */
export type Trust = TrustLevel | CustomTrust;

/** A value of a matrix axis: kept as the text that is substituted into arguments. */
export interface MatrixAxis {
  readonly name: string;
  readonly values: readonly string[];
}

/** How a step is decomposed into tasks. Evaluated lazily: task i follows from the spec and i. */
export type Each =
  | { readonly kind: "single" }
  | {
      readonly kind: "matrix";
      readonly axes: readonly MatrixAxis[];
      readonly exclude: readonly Readonly<Record<string, string>>[];
    }
  | { readonly kind: "range"; readonly first: number; readonly last: number };

/** A program with its arguments as templates (`${item.x}`, `${index}`, `${seed}`). */
export interface StepSpec {
  readonly runtimeClass: RuntimeClass;
  readonly program: ArtifactRef;
  /** The root file system of class `cpu-root`, an archive; absent in every other class. */
  readonly root?: ArtifactRef | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly outputs: readonly { readonly name: string; readonly path: string }[];
  readonly needs: Needs;
  readonly limits: TaskLimits;
}

/** The part of a job that affects its result; its canonical SHA-256 digest is `specHash` in the payer's order. */
export interface JobSpec {
  readonly version: 1;
  readonly map: StepSpec;
  readonly each: Each;
  readonly inputs: readonly ArtifactRef[];
  /** One task over the job's inputs and all outputs of the map step, which are named `<output>/<index>`. */
  readonly reduce: StepSpec | null;
  readonly seed: number;
  readonly trust: Trust;
  /**
   * Operators whose workers may act as referee, beside the payer's own; left out when there are none. It stands in the spec
   * so that the payer's signature covers it: a coordinator could name its own referee otherwise.
   */
  readonly referees?: readonly Address[];
}

/** EIP-712 `JobOrder`: what the payer signs. */
export interface JobOrder {
  readonly requester: Address;
  readonly coordinator: Address;
  readonly budget: bigint;
  readonly specHash: Hash;
  readonly lotteryRoot: Hash;
  /** Seconds since the epoch (block time). */
  readonly deadline: number;
  readonly salt: Hash;
}

/** EIP-2612 permit of the token for the escrow contract. */
export interface TokenPermit {
  readonly value: bigint;
  readonly deadline: number;
  readonly signature: Signature;
}

/** All that is submitted. */
export interface JobSubmission {
  readonly jobId: JobId;
  readonly payer: Address;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly idempotencyKey: string;
  readonly spec: JobSpec;
  readonly specHash: Hash;
  readonly order: JobOrder;
  readonly orderSignature: Signature;
  /** Needed when the payer's escrow does not hold enough yet. */
  readonly permit: TokenPermit | null;
  /** The escrow that this order creates, if it has to create one. */
  readonly newEscrowId: EscrowId;
  /** Most that one accepted replica may cost, base units. */
  readonly perTaskMax: bigint;
  /** Milliseconds since the epoch. */
  readonly deadlineAt: number;
  readonly priority: "urgent" | "normal" | "spare";
  /** Most attempts of a task after its first; left out, the coordinator's own cap holds. */
  readonly retryMax?: number;
  /** The secret of the audit lottery, encrypted under the coordinator's own key: it stands in the journal. */
  readonly lottery: SealedSecret;
  /** The same as in the spec, empty when it names none. */
  readonly referees: readonly Address[];
}

/** Content ids that a coordinator must hold before it takes a job. */
export function artifactsOf(spec: JobSpec): readonly Cid[] {
  const steps = spec.reduce === null ? [spec.map] : [spec.map, spec.reduce];
  const files = steps.flatMap(({ program, root }) => (root === undefined ? [program] : [program, root]));
  return [...new Set([...files, ...spec.inputs].map(({ cid }) => cid))];
}
