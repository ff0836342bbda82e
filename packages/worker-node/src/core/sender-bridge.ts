// How the worker embeds the sender of `settlement`: its facts and effects travel inside the worker's own.
import type { Turn } from "@starling/kernel";
import type { ChainCall } from "@starling/protocol";
import {
  decideSender,
  type IntentChange,
  intend,
  resumeSender,
  type SenderInput,
  type SenderState,
  type SenderTurn,
} from "@starling/settlement";
import type { WorkerEffect } from "./effect.ts";
import type { WorkerFact } from "./fact.ts";
import type { WorkerState } from "./state.ts";

type EngineTurn = Pick<Turn<WorkerFact, WorkerEffect>, "now" | "record" | "request">;

/** The sender's part of the state. */
export function senderOf({ ledger, presence }: WorkerState): SenderState {
  return { ledger: ledger.sender, presence: presence.sender };
}

function senderTurn(turn: EngineTurn): SenderTurn {
  return {
    now: turn.now,
    record: (fact) => turn.record({ type: "sender", fact }),
    request: (effect) => turn.request({ type: "sender", effect }),
  };
}

/** Whether the sender takes one more wish. */
export function canIntend({ ledger }: WorkerState): boolean {
  return ledger.sender.intents.size < ledger.sender.config.intentsMax;
}

/** Hands a call to the sender; asking again with the same id changes nothing. */
export function intendCall(
  state: WorkerState,
  wish: { readonly intentId: string; readonly call: ChainCall },
  turn: EngineTurn,
): void {
  intend(senderOf(state), wish, senderTurn(turn));
}

/** Passes an input on to the sender. */
export function tellSender(state: WorkerState, input: SenderInput, turn: EngineTurn): readonly IntentChange[] {
  return decideSender(senderOf(state), input, senderTurn(turn));
}

/** After recovery: what was signed is sent again. */
export function resumeChain(state: WorkerState, turn: EngineTurn): void {
  resumeSender(senderOf(state), senderTurn(turn));
}
