// Streams to coordinators: hello, asking for work, heartbeats, and following offers.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import type { Address, RuntimeClass, TaskOffer } from "@starling/protocol";
import { freeSlots, workingClasses } from "./capacity.ts";
import type { WorkerInput } from "./input.ts";
import { resendTo } from "./lifecycle/resend.ts";
import { wantTickets } from "./lifecycle/tickets.ts";
import { sayMeasured } from "./measured.ts";
import { holdOf, takesWork } from "./owner/hold.ts";
import type { WorkerState } from "./state.ts";
import type { WorkerTurn } from "./worker.ts";

type Of<T extends WorkerInput["type"]> = Extract<WorkerInput, { type: T }>;

/** A stream stands: everything that this coordinator may have missed is said again. */
export function coordinatorConnected(state: WorkerState, input: Of<"coordinatorConnected">, turn: WorkerTurn): Outcome {
  const beatEveryMs = Math.max(state.config.policy.beatMsMin, input.beatEveryMs);
  state.presence.connections.set(input.coordinator, {
    session: input.session,
    epoch: input.epoch,
    beatEveryMs,
    nextBeatAt: turn.now + beatEveryMs,
    askedSlots: -1,
    toldHold: null,
  });
  state.presence.silentSince.delete(input.coordinator);
  resendTo(state, input.coordinator, turn);
  sayMeasured(state, input.coordinator, turn);
  wantTickets(state, input.coordinator, turn);
  return accepted();
}

/** A stream ended. Runs go on: their results are sent after a reconnect. */
export function coordinatorGone(state: WorkerState, input: Of<"coordinatorGone">): Outcome {
  const connection = state.presence.connections.get(input.coordinator);
  if (connection === undefined || connection.session !== input.session)
    return rejected("staleSession", "that stream was already replaced");
  state.presence.connections.delete(input.coordinator);
  noteSilence(state, input.coordinator);
  for (const [leaseId, pending] of state.presence.pending) {
    if (pending.coordinator === input.coordinator) state.presence.pending.delete(leaseId);
  }
  return accepted();
}

// By block time, as everything that has to do with money. Of a coordinator that is forgotten the start of the process is as good.
function noteSilence({ config, presence }: WorkerState, coordinator: Address): void {
  const { silentSince, headSeconds } = presence;
  if (headSeconds === null) return;
  silentSince.delete(coordinator);
  silentSince.set(coordinator, headSeconds);
  for (const oldest of silentSince.keys()) {
    if (silentSince.size <= config.policy.coordinatorsMax) break;
    silentSince.delete(oldest);
  }
}

/** Follows an offer of a coordinator that is not connected yet, if the work would fit. */
export function offerHeard(state: WorkerState, offer: TaskOffer, turn: WorkerTurn): Outcome {
  const { config, presence } = state;
  if (presence.connections.has(offer.coordinator)) return accepted();
  if (offer.expiresAt <= turn.now) return rejected("offerExpired", "the offer has expired");
  if (!takesWork(state)) return rejected("draining", "this worker takes no more work");
  if (!workingClasses(state).includes(offer.runtimeClass))
    return rejected("classMissing", `class ${offer.runtimeClass} does not run here`);
  if (offer.priceCap < config.pricePerTask) return rejected("priceTooLow", "the offer pays less than this worker asks");
  const triedAt = presence.offersTried.get(offer.coordinator);
  if (triedAt !== undefined && turn.now < triedAt + config.policy.offerRetryMs)
    return rejected("offerTriedRecently", "this coordinator was just tried");
  rememberTried(state, offer.coordinator, turn.now);
  turn.request({ type: "followOffer", offer });
  return accepted();
}

function rememberTried({ config, presence }: WorkerState, coordinator: Address, now: number): void {
  const { offersTried } = presence;
  offersTried.delete(coordinator);
  offersTried.set(coordinator, now);
  if (offersTried.size <= config.policy.coordinatorsMax) return;
  for (const oldest of offersTried.keys()) {
    offersTried.delete(oldest);
    break;
  }
}

/** A class works no more, or works again: everybody is told at once. */
export function classesSeen(state: WorkerState, classes: readonly RuntimeClass[]): Outcome {
  state.presence.classes = classes;
  for (const connection of state.presence.connections.values()) connection.askedSlots = -1;
  return accepted();
}

/** Tells every coordinator how many leases it may send, when that number changed. */
export function askEveryone(state: WorkerState, turn: WorkerTurn): void {
  const free = freeSlots(state);
  const hold = holdOf(state, turn.now);
  for (const [coordinator, connection] of state.presence.connections) {
    // The moment of a hold's end is an estimate that moves by itself.
    if (connection.askedSlots === free && connection.toldHold === (hold?.reason ?? null)) continue;
    connection.askedSlots = free;
    connection.toldHold = hold?.reason ?? null;
    const asked = { freeSlots: free, classes: workingClasses(state) };
    turn.request({ type: "sendAsk", coordinator, ...asked, ...(hold === null ? {} : { hold }) });
  }
}

/** Sends a heartbeat to each coordinator whose time has come. */
export function beatDue(state: WorkerState, turn: WorkerTurn): void {
  for (const [coordinator, connection] of state.presence.connections) {
    if (connection.nextBeatAt > turn.now) continue;
    connection.nextBeatAt = turn.now + connection.beatEveryMs;
    const leases = [];
    for (const [leaseId, held] of state.ledger.leases) {
      if (held.coordinator !== coordinator) continue;
      const progress = state.presence.progress.get(leaseId);
      // Until the commit set is closed nothing that derives from the output leaves: counts of work done are not outputs.
      leases.push({ leaseId, done: progress?.done ?? 0, total: progress?.total ?? 0 });
    }
    turn.request({ type: "sendBeat", coordinator, leases });
  }
}
