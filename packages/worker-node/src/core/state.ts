// The worker's memory: a durable ledger of leases and vouchers, and a volatile presence of streams, allotments and progress.
import type {
  Accelerator,
  Address,
  ArtifactRef,
  Checkpoint,
  EscrowId,
  Hash,
  LeaseId,
  LeaseItem,
  Measurements,
  RuntimeClass,
  Signature,
  SignedCommitSet,
  TaskSpecHash,
  Usage,
  WorkerHold,
} from "@starling/protocol";
import {
  emptySenderLedger,
  emptySenderPresence,
  type SenderConfig,
  type SenderLedger,
  type SenderPresence,
} from "@starling/settlement";
import type { SeenClaim, SeenGas } from "./claims/seen.ts";
import type { SeenCredit } from "./credits/credit.ts";
import { type DevicePool, devicePool } from "./devices/pool.ts";
import type { CourtSeconds } from "./input.ts";
import type { Duty } from "./jury/duty.ts";
import type { LeaseState } from "./lifecycle/lease.ts";
import type { SignedTicket, TicketOutcome } from "./lifecycle/ticket-check.ts";
import type { Hold } from "./owner/hold.ts";
import type { OwnerRules } from "./owner/rules.ts";
import type { WorkerPolicy } from "./policy.ts";
import type { SpareWork } from "./spare.ts";

export interface WorkerConfig {
  readonly worker: Address;
  readonly operator: Address;
  readonly classes: readonly RuntimeClass[];
  /** How many tasks run at once. */
  readonly slots: number;
  /** The GPUs that it hands to attempts, as they were found at the start; left out where there are none. */
  readonly gpus?: readonly Accelerator[];
  /** The network has no chain: its owner's word is all that work is done for. */
  readonly chainless?: true;
  readonly pricePerTask: bigint;
  /** What the owner lets run here; left out where he minds nothing. */
  readonly rules?: OwnerRules;
  readonly policy: WorkerPolicy;
  readonly sender: SenderConfig;
  /** Whether it judges disputes where it is drawn. */
  readonly servesJuries: boolean;
}

/** The one answer of a lease. */
export interface Answer {
  readonly digest: Hash;
  readonly salt: Hash;
  readonly commitment: Hash;
  readonly outputs: readonly ArtifactRef[];
  readonly usage: Usage;
}

export interface HeldLease {
  readonly coordinator: Address;
  readonly lease: LeaseItem;
  state: LeaseState;
  /** When the present state has to end, milliseconds since the epoch. */
  endsBy: number;
  answer: Answer | null;
  /** The newest that it has kept. */
  checkpoint?: Checkpoint;
}

export interface HeldVoucher {
  readonly coordinator: Address;
  readonly cumulative: bigint;
  readonly signature: Signature;
}

/** What this worker signed for an escrow. */
export interface SignedPledge {
  /** The highest total that it signed, base units. */
  readonly total: bigint;
  /** What its signatures add to the operator's pledges at most, base units. */
  readonly added: bigint;
  /** Block time by which the pledge ends. */
  readonly releaseBySeconds: number;
}

/** A question for a pledge that waits for the chain. */
export interface PledgeQuestion {
  readonly coordinator: Address;
  readonly total: bigint;
  readonly deadlineSeconds: number;
}

/** A commit set with whoever showed it. */
export interface ShownSet {
  readonly coordinator: Address;
  readonly set: SignedCommitSet;
  /** Which task it was; left out by old journals. */
  readonly place?: Pick<LeaseItem, "jobId" | "step" | "index" | "payer">;
  /** Whether the task's ticket was opened to us since. */
  readonly opened?: true;
}

/** The tickets of a coordinator, as they were checked. */
export interface SeenLottery {
  /** How many had each outcome. */
  readonly counts: Partial<Record<TicketOutcome, number>>;
  /** How many of our results were drawn. Left out by old snapshots. */
  readonly drawn?: number;
  /** The first that was wrong. */
  readonly first: SignedTicket | null;
}

export interface WorkerLedger {
  /** Leases that are not ended, in the order in which they were accepted. */
  readonly leases: Map<LeaseId, HeldLease>;
  /** Ended leases with their last state: none is ever answered twice. */
  readonly ended: Map<LeaseId, LeaseState>;
  /** The newest checkpoints that were made here, by task, the latest last: only these are vouched for. Old snapshots lack it. */
  ownCheckpoints?: Map<TaskSpecHash, Checkpoint>;
  readonly vouchers: Map<EscrowId, HeldVoucher>;
  /** Pay of accepted results by escrow, whether vouchered or not. */
  readonly earned: Map<EscrowId, bigint>;
  /** Pledges that were signed for escrows that were not over when the last one was. */
  readonly pledges: Map<EscrowId, SignedPledge>;
  /** Commit sets as they were shown, by task: what a receipt leaves out, or tells otherwise, convicts its coordinator. */
  readonly shown: Map<TaskSpecHash, ShownSet>;
  /** The first two sets of each coordinator that contradict each other. */
  readonly equivocations: Map<Address, readonly [SignedCommitSet, SignedCommitSet]>;
  /** What the opened tickets of each coordinator showed. */
  readonly lotteries: Map<Address, SeenLottery>;
  /** The last redemption of each voucher, by its intent. */
  readonly redemptions: Map<EscrowId, string>;
  /** The last withdrawal of each credit, by its intent; keys are `creditIdOf`. */
  readonly withdrawals: Map<string, string>;
  /** Juries that it was drawn for and whose windows are open, by `dutyIdOf`. */
  readonly duties: Map<string, Duty>;
  /** What the owner has said about all work. Old snapshots lack it. */
  hold: Hold | null;
  readonly sender: SenderLedger;
}

export interface Connection {
  readonly session: string;
  readonly epoch: number;
  readonly beatEveryMs: number;
  nextBeatAt: number;
  /** The number of free slots that the coordinator was last told; -1 before the first ask. */
  askedSlots: number;
  /** Of its owner's wish; null where he lets the machine work. */
  toldHold: WorkerHold["reason"] | null;
}

export interface Allotment {
  readonly coordinator: Address;
  readonly payer: Address;
  readonly allotted: bigint;
  readonly claimed: bigint;
  readonly expiresAt: number;
}

/** A lease that waits for its allotment to be confirmed; not accepted yet, so not durable. */
export interface PendingLease {
  readonly coordinator: Address;
  readonly epoch: number;
  readonly lease: LeaseItem;
  readonly receivedAt: number;
  readonly declineAt: number;
}

export interface WorkerPresence {
  readonly connections: Map<Address, Connection>;
  readonly allotments: Map<EscrowId, Allotment>;
  readonly pending: Map<LeaseId, PendingLease>;
  readonly progress: Map<LeaseId, { done: number; total: number }>;
  readonly pledgeAsks: Map<EscrowId, PledgeQuestion>;
  readonly offersTried: Map<Address, number>;
  /** Runs that were asked of the executor in this process. */
  readonly running: Set<LeaseId>;
  /** Runs and judgements that were told to end because the owner wants his machine, by lease or duty; nothing of theirs starts again before they have. */
  readonly ending: Set<string>;
  /** Runs that were asked for a last checkpoint, or killed, and have not ended yet. */
  readonly stopping: Set<LeaseId>;
  /** Those of them that were killed. */
  readonly killed: Set<LeaseId>;
  /** The latest checkpoints of running leases that were told. */
  readonly told: Map<LeaseId, readonly Checkpoint[]>;
  /** The process ends: nothing is started any more. */
  processEnds: boolean;
  /** GPUs with who has them. */
  readonly devices: DevicePool;
  /** Moving average of run time, milliseconds; null before the first run. */
  runMs: number | null;
  /** No challenge is computed before this moment. */
  challengeableAt: number;
  /** What the machine does while nobody wants it; null for nothing. */
  spare: SpareWork | null;
  /** What this machine was measured to do. */
  measured: Measurements;
  /** The process is to end when nothing is under way any more: since when; null where it goes on. */
  drainingSince: number | null;
  /** Minute of the local week, which begins on Monday; null before it was told. Asked for only where the owner has hours. */
  localMinute: number | null;
  /** Of the classes that run here, those that worked when they were last looked at; null before that. */
  classes: readonly RuntimeClass[] | null;
  readonly sender: SenderPresence;
  /** Block time of the head, and of the first one of this process; null before it. */
  headSeconds: number | null;
  firstHeadSeconds: number | null;
  /** The contract's claim window, seconds; null before it was read. */
  claimSeconds: number | null;
  gas: SeenGas | null;
  readonly claims: Map<EscrowId, SeenClaim>;
  /** Block time of the last question for each claim. */
  readonly claimsAskedAt: Map<EscrowId, number>;
  /** Block time at which a redemption was last refused. */
  readonly refusedAt: Map<EscrowId, number>;
  /** What contracts keep for this worker and its operator, as last read, by `creditIdOf`. */
  readonly credits: Map<string, SeenCredit>;
  /** Block time of the last question for them. */
  creditsAskedAt: number | null;
  /** Block time at which a withdrawal was last refused. */
  readonly creditRefusedAt: Map<string, number>;
  /** The last block whose juries were read; null before the first reading. */
  juriesReadThrough: number | null;
  juriesAskedAt: number | null;
  courtSeconds: CourtSeconds | null;
  /** Duties whose task is being got and run. */
  readonly judging: Set<string>;
  /** Block time at which a step of a vote was last refused. */
  readonly voteRefusedAt: Map<string, number>;
  /** Block time at which each coordinator's stream ended. */
  readonly silentSince: Map<Address, number>;
}

export interface WorkerState {
  readonly config: WorkerConfig;
  readonly ledger: WorkerLedger;
  readonly presence: WorkerPresence;
}

export function initialState(config: WorkerConfig): WorkerState {
  return {
    config,
    ledger: {
      leases: new Map(),
      ended: new Map(),
      vouchers: new Map(),
      earned: new Map(),
      pledges: new Map(),
      shown: new Map(),
      equivocations: new Map(),
      lotteries: new Map(),
      redemptions: new Map(),
      withdrawals: new Map(),
      duties: new Map(),
      hold: null,
      sender: emptySenderLedger(config.sender),
    },
    presence: {
      connections: new Map(),
      allotments: new Map(),
      pending: new Map(),
      progress: new Map(),
      pledgeAsks: new Map(),
      offersTried: new Map(),
      running: new Set(),
      ending: new Set(),
      stopping: new Set(),
      killed: new Set(),
      told: new Map(),
      processEnds: false,
      devices: devicePool(config.gpus ?? []),
      runMs: null,
      challengeableAt: 0,
      spare: null,
      measured: {},
      drainingSince: null,
      localMinute: null,
      classes: null,
      sender: emptySenderPresence(),
      headSeconds: null,
      firstHeadSeconds: null,
      claimSeconds: null,
      gas: null,
      claims: new Map(),
      claimsAskedAt: new Map(),
      refusedAt: new Map(),
      silentSince: new Map(),
      credits: new Map(),
      creditsAskedAt: null,
      creditRefusedAt: new Map(),
      juriesReadThrough: null,
      juriesAskedAt: null,
      courtSeconds: null,
      judging: new Set(),
      voteRefusedAt: new Map(),
    },
  };
}
