// What the machine does with time that nobody pays for: a challenge or a measurement, one at a time, and only while neither a task nor the owner wants it.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import type { Address, Hash } from "@starling/protocol";
import { unfinished } from "./capacity.ts";
import { takesWork } from "./owner/hold.ts";
import type { WorkerState } from "./state.ts";
import type { WorkerTurn } from "./worker.ts";

/** What is under way. */
export type SpareWork =
  | { readonly kind: "challenge"; readonly coordinator: Address; readonly seed: Hash }
  | { readonly kind: "measurement" };

/** Why the machine has no time for it, or null. */
export function noSpareTime(state: WorkerState): { readonly code: string; readonly message: string } | null {
  if (!takesWork(state)) return { code: "draining", message: "this worker takes no more work" };
  if (isWanted(state)) return { code: "busy", message: "strangers' tasks are here, and their time is not taken" };
  return state.presence.spare === null
    ? null
    : { code: "busy", message: "another challenge or measurement is under way" };
}

// Also by tasks that only wait for their money: they begin at any moment.
function isWanted(state: WorkerState): boolean {
  return unfinished(state) > 0 || state.presence.judging.size > 0;
}

/** Ends what is under way as soon as a task is here or the owner wants his machine; before anything is started, in every turn. */
export function endSpareWork(state: WorkerState, turn: WorkerTurn): void {
  const { spare, connections } = state.presence;
  if (spare === null) return;
  const isAwaited = spare.kind === "measurement" || connections.has(spare.coordinator);
  if (isAwaited && takesWork(state) && !isWanted(state)) return;
  state.presence.spare = null;
  turn.request({ type: "endSpareWork" });
  if (spare.kind === "challenge" && isAwaited) declineChallenge(spare, turn);
}

/** Says that a challenge is not computed, which is held against nobody. */
export function declineChallenge(
  { coordinator, seed }: { readonly coordinator: Address; readonly seed: Hash },
  turn: WorkerTurn,
): void {
  turn.request({ type: "sendChallengeAnswer", coordinator, seed, product: null });
}

/** The machine is to be measured, if it has time. */
export function measurementWanted(state: WorkerState): Outcome {
  const reason = noSpareTime(state);
  if (reason !== null) return rejected(reason.code, reason.message);
  state.presence.spare = { kind: "measurement" };
  return accepted();
}

/** A measurement is over, however it ended. */
export function measurementEnded({ presence }: WorkerState): Outcome {
  if (presence.spare?.kind === "measurement") presence.spare = null;
  return accepted();
}
