// Whether to stand for the work in an escrow with the operator's stake: within the owner's limits, and on the chain's word alone.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import type { WorkerInput } from "./input.ts";
import { takesWork } from "./owner/hold.ts";
import type { SignedPledge, WorkerState } from "./state.ts";
import type { WorkerTurn } from "./worker.ts";

type Of<T extends WorkerInput["type"]> = Extract<WorkerInput, { type: T }>;

/** A coordinator wants a pledge: what the chain says is looked at first. */
export function pledgeAsked(state: WorkerState, input: Of<"pledgeAsked">, turn: WorkerTurn): Outcome {
  const { type: _type, escrowId, ...asked } = input;
  if (!takesWork(state)) return rejected("draining", "this worker takes no more work");
  if (state.presence.connections.get(input.coordinator)?.session !== input.session)
    return rejected("staleSession", "that stream was already replaced");
  const { pledgeAsks } = state.presence;
  const { pledgeAsksMax, pledgesReadMax } = state.config.policy;
  pledgeAsks.delete(escrowId);
  pledgeAsks.set(escrowId, asked);
  for (const oldest of pledgeAsks.keys()) {
    if (pledgeAsks.size <= pledgeAsksMax) break;
    pledgeAsks.delete(oldest);
  }
  const others = [...state.ledger.pledges.keys()].filter((other) => other !== escrowId).slice(0, pledgesReadMax);
  turn.request({ type: "refreshPledge", escrowId, others });
  return accepted();
}

/** The chain's confirmed view arrived: the owner's policy decides, and what is signed is written down first. */
export function pledgeSeen(state: WorkerState, seen: Of<"pledgeSeen">, turn: WorkerTurn): Outcome {
  const { escrowId } = seen;
  const asked = state.presence.pledgeAsks.get(escrowId);
  if (asked === undefined) return rejected("notWanted", "nobody waits for this pledge");
  state.presence.pledgeAsks.delete(escrowId);
  const refusal = refusalOf(seen, asked.coordinator, turn.now);
  if (refusal !== null) return rejected("pledgeRefused", refusal);
  const total = totalFor(state, { seen, wanted: asked.total, now: turn.now });
  if (total < seen.total || (total === seen.total && !canProlong(seen)))
    return rejected("pledgeRefused", "the owner's limits, the stake or the allowance are used up");
  const { pledgeSignMs } = state.config.policy;
  const deadlineSeconds = Math.min(asked.deadlineSeconds, Math.floor((turn.now + pledgeSignMs) / 1_000));
  // Until when the stake is bound is what this worker saw of the chain, and not what it was told.
  const order = {
    escrowId,
    operator: state.config.operator,
    total,
    releaseBySeconds: seen.finalAtSeconds,
    deadlineSeconds,
  };
  const { total: before, standing, over } = seen;
  turn.record({ type: "pledgeSigned", coordinator: asked.coordinator, order, before, standing, over, at: turn.now });
  turn.request({ type: "sendPledge", coordinator: asked.coordinator, order });
  return accepted();
}

// The same total again binds nothing more: it lets what stands last until the escrow's new end, within what is signed here.
function canProlong({ standing, endsAtSeconds, finalAtSeconds }: Of<"pledgeSeen">): boolean {
  return standing > 0n && endsAtSeconds < finalAtSeconds;
}

function refusalOf(seen: Of<"pledgeSeen">, coordinator: string, now: number): string | null {
  if (!seen.open) return "the escrow is not open";
  if (seen.coordinator !== coordinator) return "the escrow is that of another coordinator";
  if (seen.finalAtSeconds * 1_000 <= now) return "the escrow is about to be final";
  if (seen.leaving) return "the operator is leaving with its stake";
  // Without a share of its money there is nothing to stand for, and stake would be tied up for a whim.
  return seen.allotted > 0n ? null : "the escrow has allotted nothing to this worker";
}

interface Wish {
  readonly seen: Of<"pledgeSeen">;
  readonly wanted: bigint;
  readonly now: number;
}

// As much of what is wanted as the owner, the stake and the allowance permit: a smaller pledge is better than none.
function totalFor(state: WorkerState, { seen, wanted, now }: Wish): bigint {
  const { pledgePerEscrow, pledgeInAll } = state.config.policy;
  const known = state.ledger.pledges.get(seen.escrowId);
  const base = baseOf(known, seen.total);
  const here = tiedUp(known, seen);
  const room = smaller(pledgePerEscrow - here, pledgeInAll - here - addedElsewhere(state, seen, now));
  const onChain = smaller(seen.stake - seen.pledged, seen.allowance);
  return smaller(wanted, smaller(base + larger(room, 0n), seen.total + larger(onChain, 0n)));
}

/** From which total on a signature ties up more: what was signed before may still be submitted, so it counts as pledged. */
export function baseOf(known: SignedPledge | undefined, before: bigint): bigint {
  return larger(known?.total ?? 0n, before);
}

/** What this worker's signatures tie up in an escrow at most: no more than stands there, and what is not submitted yet. Base units. */
export function tiedUp(
  known: SignedPledge | undefined,
  { total, standing }: { readonly total: bigint; readonly standing: bigint },
): bigint {
  if (known === undefined) return 0n;
  return smaller(known.added, standing + larger(known.total - total, 0n));
}

// The same in all other escrows that are not over, as it was when each was last signed for.
function addedElsewhere(state: WorkerState, { escrowId, over }: Of<"pledgeSeen">, now: number): bigint {
  let sum = 0n;
  for (const [other, pledge] of state.ledger.pledges)
    if (other !== escrowId && !over.includes(other) && !isOver(pledge, now)) sum += pledge.added;
  return sum;
}

/** Whether nothing signed can be used any more, and the stake is free again for whoever asks. */
export function isOver({ releaseBySeconds }: SignedPledge, now: number): boolean {
  return releaseBySeconds * 1_000 <= now;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The larger of two amounts. */
export function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
