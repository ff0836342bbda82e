// What comes from the chain by the sender of the hot key: heads, which are the clock of everything that follows, and ends of intents.
import { accepted, type Outcome } from "@starling/kernel";
import type { EscrowId } from "@starling/protocol";
import { type SenderInput, wakeSender } from "@starling/settlement";
import { readClaims, redemptionRefused } from "./claims/redeem.ts";
import { readCredits, withdrawalRefused } from "./credits/withdraw.ts";
import { serveJuries, voteRefused } from "./jury/serve.ts";
import { senderOf, tellSender } from "./sender-bridge.ts";
import type { WorkerState } from "./state.ts";
import type { WorkerTurn } from "./worker.ts";

/** Something of a transaction of ours, or a new head. */
export function senderInput(state: WorkerState, input: SenderInput, turn: WorkerTurn): Outcome {
  if (input.type === "headSeen") headSeen(state, input.timestampSeconds);
  for (const { intentId, status } of tellSender(state, input, turn)) if (status === "failed") refused(state, intentId);
  if (input.type !== "headSeen") return accepted();
  readClaims(state, turn);
  readCredits(state, turn);
  serveJuries(state, turn);
  return accepted();
}

/** Time has come for the sender to ask its node again. */
export function wakeChain(state: WorkerState, turn: WorkerTurn): void {
  const wakeAt = wakeSender(senderOf(state));
  if (wakeAt !== null && wakeAt <= turn.now) tellSender(state, { type: "senderWoken" }, turn);
}

// Block time may go back a little in a reorg; what was past stays past.
function headSeen({ presence }: WorkerState, seconds: number): void {
  presence.headSeconds = Math.max(presence.headSeconds ?? 0, seconds);
  presence.firstHeadSeconds ??= presence.headSeconds;
}

// `redeem/<escrow>/<moment>`, `credit/<credit>/<moment>` or `<step>/<duty>/<moment>`.
function refused(state: WorkerState, intentId: string): void {
  const [what, id = ""] = intentId.split("/");
  if (what === "redeem") redemptionRefused(state, id as EscrowId);
  else if (what === "credit") withdrawalRefused(state, id);
  else voteRefused(state, id);
}
