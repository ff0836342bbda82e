// Applies one fact to the worker's ledger: the only writer of durable state, without decisions.
import { assertNever, present, transition } from "@starling/kernel";
import { evolveClaims } from "./claims/evolve.ts";
import type { WorkerFact } from "./fact.ts";
import { evolveDuties } from "./jury/evolve.ts";
import { type LeaseState, leaseLifecycle } from "./lifecycle/lease.ts";
import { baseOf, isOver, larger, tiedUp } from "./pledge.ts";
import type { HeldLease, ShownSet, WorkerState } from "./state.ts";

const endOf = { leaseFailed: "failed", leaseRevoked: "revoked", leaseExpired: "expired" } as const;

export function evolve(state: WorkerState, fact: WorkerFact): void {
  const { ledger, config } = state;
  switch (fact.type) {
    case "leaseAccepted":
      ledger.leases.set(fact.lease.leaseId, {
        coordinator: fact.coordinator,
        lease: fact.lease,
        state: transition(leaseLifecycle, "offered", "accepted"),
        endsBy: fact.at + fact.lease.leaseMs,
        answer: null,
      });
      return;
    case "leaseStarted":
      move(state, fact.leaseId, "running");
      return;
    case "checkpointKept":
      keepCheckpoint(state, fact);
      return;
    case "leaseCommitted": {
      const held = move(state, fact.leaseId, "committed");
      held.answer = {
        digest: fact.digest,
        salt: fact.salt,
        commitment: fact.commitment,
        outputs: fact.outputs,
        usage: fact.usage,
      };
      held.endsBy = fact.at + config.policy.commitSetWaitMs;
      return;
    }
    case "leaseRevealed": {
      const held = move(state, fact.leaseId, "revealed");
      held.endsBy = fact.at + config.policy.verdictWaitMs;
      const { jobId, step, index, payer } = held.lease;
      const place = { jobId, step, index, payer };
      if (fact.shown !== undefined) keepSet(state, { coordinator: held.coordinator, set: fact.shown, place });
      return;
    }
    case "coordinatorEquivocated":
      ledger.equivocations.set(fact.coordinator, [fact.first, fact.second]);
      return;
    case "ticketOpened":
      openTicket(state, fact);
      return;
    case "leaseSettled": {
      const held = end(state, fact.leaseId, "settled");
      if (fact.verdict === "accepted") {
        ledger.earned.set(held.lease.escrowId, (ledger.earned.get(held.lease.escrowId) ?? 0n) + held.lease.price);
      }
      return;
    }
    case "leaseFailed":
    case "leaseRevoked":
    case "leaseExpired":
      end(state, fact.leaseId, endOf[fact.type]);
      return;
    case "voucherHeld":
    case "redemptionIntended":
    case "voucherOver":
    case "withdrawalIntended":
    case "sender":
      evolveClaims(ledger, fact);
      return;
    case "dutyTaken":
    case "voteCast":
    case "voteIntended":
    case "dutyOver":
      evolveDuties(ledger, fact);
      return;
    case "holdChanged":
      ledger.hold = fact.hold;
      return;
    case "pledgeSigned":
      signPledge(state, fact);
      return;
    default:
      assertNever(fact, "worker fact");
  }
}

// What is signed may be submitted, whether or not it ever is: only a total beyond all that was signed or pledged ties up more.
function signPledge({ ledger }: WorkerState, fact: Extract<WorkerFact, { type: "pledgeSigned" }>): void {
  const { order, before, over, at } = fact;
  const { escrowId, total, releaseBySeconds } = order;
  for (const [other, pledge] of ledger.pledges) if (isOver(pledge, at)) ledger.pledges.delete(other);
  for (const other of over) ledger.pledges.delete(other);
  const known = ledger.pledges.get(escrowId);
  const base = baseOf(known, before);
  const added = tiedUp(known, { total: before, standing: fact.standing }) + larger(total - base, 0n);
  ledger.pledges.set(escrowId, { total: larger(total, base), added, releaseBySeconds });
}

function openTicket({ ledger }: WorkerState, fact: Extract<WorkerFact, { type: "ticketOpened" }>): void {
  const { coordinator, taskSpec, outcome, evidence } = fact;
  const shown = ledger.shown.get(taskSpec);
  if (shown !== undefined) ledger.shown.set(taskSpec, { ...shown, opened: true });
  const { counts = {}, drawn = 0, first = null } = ledger.lotteries.get(coordinator) ?? {};
  ledger.lotteries.set(coordinator, {
    counts: { ...counts, [outcome]: (counts[outcome] ?? 0) + 1 },
    drawn: drawn + (fact.drawn === true ? 1 : 0),
    first: first ?? evidence ?? null,
  });
}

function keepCheckpoint({ ledger, config }: WorkerState, fact: Extract<WorkerFact, { type: "checkpointKept" }>): void {
  const held = present(ledger.leases.get(fact.leaseId), `lease ${fact.leaseId}`);
  const { taskSpec } = held.lease;
  held.checkpoint = fact.checkpoint;
  ledger.ownCheckpoints ??= new Map();
  const own = ledger.ownCheckpoints;
  own.delete(taskSpec);
  own.set(taskSpec, fact.checkpoint);
  for (const oldest of own.keys()) {
    if (own.size <= config.policy.ownCheckpointsMax) break;
    own.delete(oldest);
  }
}

// The newest are kept: receipts are looked at soon after their job or never.
function keepSet({ ledger, config }: WorkerState, shown: ShownSet): void {
  const { taskSpec } = shown.set.item;
  ledger.shown.delete(taskSpec);
  ledger.shown.set(taskSpec, shown);
  for (const oldest of ledger.shown.keys()) {
    if (ledger.shown.size <= config.policy.shownSetsMax) break;
    ledger.shown.delete(oldest);
  }
}

function move(state: WorkerState, leaseId: HeldLease["lease"]["leaseId"], to: LeaseState): HeldLease {
  const held = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
  held.state = transition(leaseLifecycle, held.state, to);
  return held;
}

// Ended leases are remembered by id alone; the oldest are forgotten beyond a bound.
function end(state: WorkerState, leaseId: HeldLease["lease"]["leaseId"], to: LeaseState): HeldLease {
  const held = move(state, leaseId, to);
  const { leases, ended } = state.ledger;
  leases.delete(leaseId);
  ended.set(leaseId, to);
  if (ended.size > state.config.policy.endedMax) {
    for (const oldest of ended.keys()) {
      ended.delete(oldest);
      break;
    }
  }
  return held;
}
