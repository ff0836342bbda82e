// One turn of the coordinator: frames are gathered per worker, and what changed is looked at again before the turn ends.
import type { Turn } from "@starling/kernel";
import type {
  Address,
  CommitSetItem,
  EscrowId,
  JobId,
  LeaseId,
  LeaseItem,
  TaskId,
  VerdictItem,
} from "@starling/protocol";
import type { CoordinatorEffect } from "./effect.ts";
import type { CoordinatorFact } from "./fact.ts";
import type { StepKey } from "./indexes/index-state.ts";
import type { ChainWish } from "./money/bridge.ts";
import type { PledgeWish } from "./money/pledge.ts";
import { type CoordinatorState, isConnected } from "./state.ts";

/** What a worker is to be told in this turn. */
interface Mail {
  readonly leases: LeaseItem[];
  readonly commitSets: CommitSetItem[];
  readonly verdicts: VerdictItem[];
  readonly revokes: { readonly leaseId: LeaseId; readonly reason: string }[];
  readonly vouchers: Set<EscrowId>;
}

/** The engine's turn, with everything that is gathered during it. */
export interface CoordinatorTurn extends Turn<CoordinatorFact, CoordinatorEffect> {
  readonly mail: Map<Address, Mail>;
  /** What the end of the turn looks at again. */
  readonly changed: {
    readonly tasks: Set<TaskId>;
    readonly jobs: Set<JobId>;
    readonly steps: Set<StepKey>;
    readonly workers: Set<Address>;
    readonly escrows: Set<EscrowId>;
  };
  /** Calls that no chain waits for: they are booked before the turn ends. */
  readonly calls: ChainWish[];
  /** Workers that could have a lease of that job if the escrow's allotment covered it. */
  readonly creditWanted: Map<EscrowId, Map<Address, JobId>>;
  /** Operators whose pledge is short, by escrow and operator. */
  readonly pledgesWanted: Map<string, PledgeWish>;
}

/** Wraps the engine's turn. */
export function openTurn(turn: Turn<CoordinatorFact, CoordinatorEffect>): CoordinatorTurn {
  return {
    now: turn.now,
    random: turn.random,
    record: (fact) => turn.record(fact),
    request: (effect) => turn.request(effect),
    mail: new Map(),
    changed: { tasks: new Set(), jobs: new Set(), steps: new Set(), workers: new Set(), escrows: new Set() },
    calls: [],
    creditWanted: new Map(),
    pledgesWanted: new Map(),
  };
}

/** The frames that go to a worker at the end of the turn. */
export function mailTo(turn: CoordinatorTurn, worker: Address): Mail {
  const known = turn.mail.get(worker);
  if (known !== undefined) return known;
  const made: Mail = { leases: [], commitSets: [], verdicts: [], revokes: [], vouchers: new Set() };
  turn.mail.set(worker, made);
  return made;
}

/** Requests all frames that were gathered. Workers without a stream get theirs when they come back. */
export function sendMail(state: CoordinatorState, turn: CoordinatorTurn): void {
  const { epoch } = state.ledger;
  const max = state.config.policy.leasesPerFrameMax;
  for (const [worker, mail] of turn.mail) {
    if (!isConnected(state.presence.sessions.get(worker))) continue;
    if (mail.revokes.length > 0) turn.request({ type: "sendRevokes", worker, leases: mail.revokes });
    for (const items of chunks(mail.commitSets, max)) turn.request({ type: "sendCommitSets", worker, epoch, items });
    for (const items of chunks(mail.verdicts, max)) turn.request({ type: "sendVerdicts", worker, epoch, items });
    for (const escrowId of mail.vouchers) {
      const cumulative = state.ledger.escrows.get(escrowId)?.owed.get(worker) ?? 0n;
      if (cumulative > 0n) turn.request({ type: "sendVoucher", worker, escrowId, cumulative });
    }
    for (const leases of chunks(mail.leases, max)) turn.request({ type: "sendLeases", worker, epoch, leases });
  }
  turn.mail.clear();
}

/** Parts of at most so many. */
export function chunks<T>(items: readonly T[], max: number): readonly (readonly T[])[] {
  if (items.length <= max) return items.length === 0 ? [] : [items];
  const parts: (readonly T[])[] = [];
  for (let start = 0; start < items.length; start += max) parts.push(items.slice(start, start + max));
  return parts;
}
