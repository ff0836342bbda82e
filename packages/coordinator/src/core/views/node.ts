// Read models of workers.
import type {
  Address,
  ClassOffer,
  Measurements,
  PeerId,
  RuntimeClass,
  WorkerHold,
  WorkerResources,
} from "@starling/protocol";
import { type ChallengeView, challengeView } from "../challenges/answers.ts";
import type { Reason } from "../fact.ts";
import type { DiscoverySource } from "../input.ts";
import type { Worker } from "../ledger/worker.ts";
import type { WorkerState } from "../lifecycle/tables.ts";
import { type ObservedView, observedView } from "../scheduling/observed.ts";
import { newcomerPpm, outcomes, quantilePpm, reputationOf, surchargePpm } from "../scheduling/reputation.ts";
import { type CoordinatorState, freeSlots, isConnected } from "../state.ts";
import { checksPassed } from "../verification/probation.ts";
import { operatorFines } from "./fines.ts";
import type { Page } from "./types.ts";

/** One worker as it is listed. */
export interface NodeView {
  readonly worker: Address;
  readonly operator: Address;
  readonly peerId: PeerId;
  readonly state: WorkerState;
  readonly reason: Reason | null;
  readonly connected: boolean;
  readonly draining: boolean;
  readonly source: DiscoverySource;
  readonly remoteAddress: string;
  readonly addresses: readonly string[];
  readonly region: string;
  readonly resources: WorkerResources;
  readonly classes: readonly ClassOffer[];
  readonly slots: number;
  readonly freeSlots: number;
  /** Why its owner lets it take nothing, as it says; null where he does. */
  readonly hold: WorkerHold | null;
  /** Leases that it works on. */
  readonly leases: number;
  readonly pricePerTask: bigint;
  readonly accepted: number;
  readonly rejected: number;
  readonly faults: number;
  readonly knownAt: number;
  readonly lastSeenAt: number | null;
  readonly suspendedUntil: number | null;
  readonly recordSeq: number;
  readonly expiresAt: number;
  /** Of its operator, for each class that it offers. */
  readonly standings: readonly StandingView[];
  /** How often its operator was caught with a wrong answer. */
  readonly caught: number;
  /** How it did when it was last challenged; null when it was not on this stream. */
  readonly challenge: ChallengeView | null;
  /** What its machine was measured to do, as it says. */
  readonly measured: Measurements;
  /** What its work showed of its machine; null before it showed anything. */
  readonly observed: ObservedView | null;
  /** What its operator may still be fined for that, and what the court has taken, base units. */
  readonly finesDue: bigint;
  readonly finesTaken: bigint;
}

/** What is known of a worker's operator in a class: of its checks, and of what it did, which steers placement and nothing else. */
interface StandingView {
  readonly runtimeClass: RuntimeClass;
  readonly checksPassed: number;
  /** Checks after which its results are left to the lottery. */
  readonly checksWanted: number;
  /** Each outcome: how often, faded, and the pessimistic chance that it is good next time, beside that of a newcomer. */
  readonly outcomes: readonly {
    readonly name: "correct" | "onTime" | "available";
    /** Thousandths. */
    readonly good: number;
    readonly bad: number;
    readonly chancePpm: number;
  }[];
  readonly newcomerPpm: number;
  /** How much dearer than its price its work is taken to be, in millionths of the price. */
  readonly surchargePpm: number;
}

/** One worker, or null. */
export function nodeView(state: CoordinatorState, address: Address): NodeView | null {
  const worker = state.ledger.workers.get(address);
  return worker === undefined ? null : viewOf(state, worker);
}

/** Which workers to list: in the order in which they were found, at most `limit` from `cursor` on. */
export interface NodeQuery {
  readonly states?: readonly WorkerState[];
  readonly connected?: boolean;
  readonly cursor?: string;
  readonly limit: number;
}

/** A page of workers. */
export function listNodes(state: CoordinatorState, query: NodeQuery): Page<NodeView> {
  const items: NodeView[] = [];
  let started = query.cursor === undefined;
  for (const worker of state.ledger.workers.values()) {
    if (!started) {
      started = worker.worker === query.cursor;
      if (!started) continue;
    }
    if (query.states !== undefined && !query.states.includes(worker.state)) continue;
    if (query.connected !== undefined && query.connected !== isConnected(state.presence.sessions.get(worker.worker))) {
      continue;
    }
    if (items.length >= query.limit) return { items, nextCursor: worker.worker };
    items.push(viewOf(state, worker));
  }
  return { items, nextCursor: null };
}

function viewOf(state: CoordinatorState, worker: Worker): NodeView {
  const { record } = worker.signed;
  const session = state.presence.sessions.get(worker.worker);
  return {
    worker: worker.worker,
    operator: worker.operator,
    peerId: record.peerId,
    state: worker.state,
    reason: worker.reason,
    connected: isConnected(session),
    draining: worker.drainedSeq !== null,
    source: worker.source,
    remoteAddress: worker.remoteAddress,
    addresses: record.addresses,
    region: record.region,
    resources: record.resources,
    classes: record.classes,
    slots: record.slots,
    freeSlots: session === undefined ? 0 : freeSlots(session),
    hold: isConnected(session) ? session.hold : null,
    leases: state.index.liveLeases.get(worker.worker)?.size ?? 0,
    pricePerTask: record.pricePerTask,
    accepted: worker.accepted,
    rejected: worker.rejected,
    faults: worker.faults,
    knownAt: worker.knownAt,
    lastSeenAt: session?.lastSeenAt ?? null,
    suspendedUntil: worker.suspendedUntil,
    recordSeq: record.seq,
    expiresAt: record.expiresAt,
    standings: record.classes.map(({ name }) => standingOf(state, worker, name)),
    challenge: challengeView(state, worker),
    measured: session?.measured ?? {},
    observed: observedView(state, worker),
    caught: state.ledger.operators.get(worker.operator)?.caught ?? 0,
    ...operatorFines(state, worker.operator),
  };
}

function standingOf(state: CoordinatorState, { operator }: Worker, runtimeClass: RuntimeClass): StandingView {
  const reputation = reputationOf(state, operator, { runtimeClass, at: state.presence.turnAt });
  return {
    runtimeClass,
    checksPassed: checksPassed(state, operator, runtimeClass),
    checksWanted: state.config.policy.probationChecks,
    outcomes: outcomes.map((name) => {
      const { good, bad } = reputation?.[name] ?? { good: 0, bad: 0 };
      return { name, good, bad, chancePpm: quantilePpm({ good, bad }) };
    }),
    newcomerPpm,
    surchargePpm: surchargePpm(reputation),
  };
}
