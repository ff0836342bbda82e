// The coordinator's memory: a durable ledger that equals the fold of all facts, an index derived from it, and a volatile presence.
import type { Millis } from "@starling/kernel";
import type {
  Address,
  EscrowId,
  Hash,
  JobId,
  LeaseId,
  Measurements,
  RuntimeClass,
  TaskId,
  WorkerHold,
} from "@starling/protocol";
import {
  type BooksLedger,
  emptyBooks,
  emptyIndexerLedger,
  emptyIndexerPresence,
  emptySenderLedger,
  emptySenderPresence,
  type IndexerConfig,
  type IndexerLedger,
  type IndexerPresence,
  type SenderConfig,
  type SenderLedger,
  type SenderPresence,
} from "@starling/settlement";
import type { ChallengeRecord, ChallengeSeries } from "./challenges/joint.ts";
import type { OperatorRounds } from "./challenges/round.ts";
import { type CoordinatorIndex, emptyIndex, type StepKey } from "./indexes/index-state.ts";
import type { Credit, Dispute } from "./ledger/dispute.ts";
import type { Escrow } from "./ledger/escrow.ts";
import type { Job, Task } from "./ledger/job.ts";
import type { Lease } from "./ledger/lease.ts";
import type { Operator } from "./ledger/operator.ts";
import type { Worker } from "./ledger/worker.ts";
import type { PledgeAsk } from "./money/pledge.ts";
import type { CoordinatorPolicy } from "./policy.ts";
import { IdlePool } from "./scheduling/idle-pool.ts";
import type { TicketDesk } from "./verification/tickets.ts";

/** Bugs that the simulator plants, to see that its checkers find them. */
export type PlantedBug =
  | "acceptMajority"
  | "doublePay"
  | "forgetRevokeOnLost"
  | "acceptLateCommit"
  | "skipCommitmentCheck"
  | "sameOperatorTwice"
  | "payLoser"
  | "loseJobOnRestart"
  | "overBudget"
  | "leakSlot"
  | "ignoreDraw"
  | "forgetRetroCheck"
  | "settleAtOnce"
  | "ignorePledge";

/** All of them, for campaigns. */
export const plantedBugs: readonly PlantedBug[] = [
  "acceptMajority",
  "doublePay",
  "forgetRevokeOnLost",
  "acceptLateCommit",
  "skipCommitmentCheck",
  "sameOperatorTwice",
  "payLoser",
  "loseJobOnRestart",
  "overBudget",
  "leakSlot",
  "ignoreDraw",
  "forgetRetroCheck",
  "settleAtOnce",
  "ignorePledge",
];

/** What a coordinator is started with. */
export interface CoordinatorConfig {
  readonly networkId: string;
  /** The account that leases, anchors and pays. */
  readonly coordinator: Address;
  /** Raised durably at each start by the engine; every lease carries it. */
  readonly epoch: number;
  readonly policy: CoordinatorPolicy;
  readonly sender: SenderConfig;
  readonly indexer: IndexerConfig;
  /** A network without a chain: its books are all the settlement there is. Never changed for a journal that exists. */
  readonly chainless?: true;
  /** Waits of the escrow contract, in seconds of block time. */
  readonly windows: { readonly claimSeconds: number; readonly disputeSeconds: number };
  /** Waits of the court; null in a network without one, where nobody is fined. */
  readonly court: CourtWindows | null;
  /** Under which lottery secrets are sealed in the journal. */
  readonly lotteryKey: Hash;
  /** Empty in production. */
  readonly plantedBugs: ReadonlySet<PlantedBug>;
}

/** How long the parts of a dispute last, in seconds of block time. */
export interface CourtWindows {
  readonly evidenceSeconds: number;
  readonly drawSeconds: number;
  readonly commitSeconds: number;
  readonly revealSeconds: number;
  readonly appealSeconds: number;
}

/** The durable part. Plain data only. */
export interface CoordinatorLedger {
  epoch: number;
  readonly jobs: Map<JobId, Job>;
  readonly tasks: Map<TaskId, Task>;
  readonly leases: Map<LeaseId, Lease>;
  readonly workers: Map<Address, Worker>;
  /** Operators that were checked at least once. */
  readonly operators: Map<Address, Operator>;
  readonly escrows: Map<EscrowId, Escrow>;
  /** What the court is or was asked about results that were paid here, oldest first. */
  readonly disputes: Map<Hash, Dispute>;
  /** What the court holds for the coordinator and its payers. */
  readonly credits: Map<Address, Credit>;
  /** The escrow that a payer's next job uses. */
  readonly escrowOfPayer: Map<Address, EscrowId>;
  readonly books: BooksLedger;
  readonly sender: SenderLedger;
  readonly indexer: IndexerLedger;
}

/** A worker's open stream and what it said on it. */
export interface Session {
  readonly session: string;
  readonly remoteAddress: string;
  readonly connectedAt: Millis;
  /** The stream broke at this moment; null while it stands. */
  goneAt: Millis | null;
  /** The last sign of life. */
  lastSeenAt: Millis;
  /** Free slots as last told. */
  asked: number;
  /** Leases that count against the last ask: free slots are `asked` less these. */
  readonly taken: Set<LeaseId>;
  classes: readonly RuntimeClass[];
  /** Why its owner lets it take nothing, as it says; null where he does. */
  hold: WorkerHold | null;
  /** How it did when it was last challenged on this stream. */
  challenge: ChallengeRecord | null;
  /** What its machine was measured to do, as it says. */
  measured: Measurements;
  /** No lease before this moment, after it declined one for want of capacity. */
  pausedUntil: Millis;
  /** Steps that it declined, with the moment until which it is not offered them again. */
  readonly skips: Map<string, { readonly until: Millis; readonly code: string }>;
}

/** Why a replica could not be leased when it was last tried. */
export interface Starvation {
  readonly code: "escrowExhausted" | "budgetExhausted" | "noCredit";
  readonly since: Millis;
}

/** The volatile part; starts empty after a restart. */
export interface CoordinatorPresence {
  /** First turn of this process; null during recovery. */
  startedAt: Millis | null;
  /** The last turn, for read models. */
  turnAt: Millis;
  readonly sessions: Map<Address, Session>;
  /** Workers whose stream stands. */
  readonly connected: Set<Address>;
  readonly idle: IdlePool;
  /** Progress of running leases, in the program's own units. */
  readonly progress: Map<LeaseId, { readonly done: number; readonly total: number }>;
  readonly starved: Map<JobId, Starvation>;
  /** Jobs with an offer to come, and steps that are tried again at that moment: one alarm each. */
  readonly offersArmed: Set<JobId>;
  readonly retries: Map<StepKey, Millis>;
  /** Escrows that are looked at soon, since somebody has earned enough to be paid. */
  readonly paysArmed: Set<EscrowId>;
  /** When escrows with results to anchor are looked at for that: one alarm each. */
  readonly batchAlarms: Map<EscrowId, Millis>;
  /** Questions for pledges, by escrow and operator, oldest first. */
  readonly pledgeAsks: Map<string, PledgeAsk>;
  /** Pairs of answers that are being measured. */
  readonly comparing: Map<string, { readonly taskId: TaskId; readonly since: Millis }>;
  /** Jobs in which workers without a pledge wait for somebody who has one, and since when. */
  readonly heldBack: Map<JobId, Millis>;
  /** Tickets of settled tasks that are opened to workers soon, by job. */
  readonly tickets: Map<JobId, TicketDesk>;
  /** Steps for which no idle worker was found, with the version of the pool then. */
  readonly barren: Map<StepKey, number>;
  /** When the next operator is challenged; null before the first heartbeat. */
  nextChallengeAt: Millis | null;
  /** The operator whose challenge is repeated; null for none. */
  challengeSeries: ChallengeSeries | null;
  readonly challengeRounds: OperatorRounds;
  /** Block time of the head, seconds; null before the first head. */
  headSeconds: number | null;
  readonly sender: SenderPresence;
  readonly indexer: IndexerPresence;
}

/** All of it. */
export interface CoordinatorState {
  readonly config: CoordinatorConfig;
  readonly ledger: CoordinatorLedger;
  readonly index: CoordinatorIndex;
  readonly presence: CoordinatorPresence;
}

/** The empty state. */
export function initialState(config: CoordinatorConfig): CoordinatorState {
  return stateOf(config, {
    epoch: 0,
    jobs: new Map(),
    tasks: new Map(),
    leases: new Map(),
    workers: new Map(),
    operators: new Map(),
    escrows: new Map(),
    disputes: new Map(),
    credits: new Map(),
    escrowOfPayer: new Map(),
    books: emptyBooks(),
    sender: emptySenderLedger(config.sender),
    indexer: emptyIndexerLedger(config.indexer),
  });
}

/** A ledger with an empty index and presence around it. */
export function stateOf(config: CoordinatorConfig, ledger: CoordinatorLedger): CoordinatorState {
  const presence: CoordinatorPresence = {
    startedAt: null,
    turnAt: 0,
    sessions: new Map(),
    connected: new Set(),
    idle: new IdlePool(),
    progress: new Map(),
    starved: new Map(),
    offersArmed: new Set(),
    retries: new Map(),
    paysArmed: new Set(),
    batchAlarms: new Map(),
    pledgeAsks: new Map(),
    comparing: new Map(),
    heldBack: new Map(),
    tickets: new Map(),
    barren: new Map(),
    nextChallengeAt: null,
    challengeSeries: null,
    challengeRounds: new Map(),
    headSeconds: null,
    sender: emptySenderPresence(),
    indexer: emptyIndexerPresence(config.indexer),
  };
  return { config, ledger, index: emptyIndex(), presence };
}

/** Whether the simulator planted this bug. */
export function planted(state: CoordinatorState, bug: PlantedBug): boolean {
  return state.config.plantedBugs.has(bug);
}

/** Whether the network has no chain. */
export function isChainless({ config }: CoordinatorState): boolean {
  return config.chainless === true;
}

/** Slots of a connected worker that may be leased now. */
export function freeSlots(session: Session): number {
  return Math.max(0, session.asked - session.taken.size);
}

/** Whether the worker's stream stands. */
export function isConnected(session: Session | undefined): session is Session {
  return session !== undefined && session.goneAt === null;
}
