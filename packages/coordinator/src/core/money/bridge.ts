// How the coordinator embeds the machines of `settlement`: their facts and effects travel inside its own.

import type { Turn } from "@starling/kernel";
import type { ChainCall } from "@starling/protocol";
import {
  decideIndexer,
  decideSender,
  type IndexerChange,
  type IndexerInput,
  type IndexerState,
  type IndexerTurn,
  type IntentChange,
  intend,
  resumeIndexer,
  resumeSender,
  type SenderInput,
  type SenderState,
  type SenderTurn,
} from "@starling/settlement";
import type { CoordinatorEffect } from "../effect.ts";
import type { CoordinatorFact } from "../fact.ts";
import { type CoordinatorState, isChainless } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";

type EngineTurn = Pick<Turn<CoordinatorFact, CoordinatorEffect>, "now" | "record" | "request">;

/** The sender's part of the state. */
export function senderOf({ ledger, presence }: CoordinatorState): SenderState {
  return { ledger: ledger.sender, presence: presence.sender };
}

/** The indexer's part of the state. */
export function indexerOf({ ledger, presence }: CoordinatorState): IndexerState {
  return { ledger: ledger.indexer, presence: presence.indexer };
}

function senderTurn(turn: EngineTurn): SenderTurn {
  return {
    now: turn.now,
    record: (fact) => turn.record({ type: "sender", fact }),
    request: (effect) => turn.request({ type: "sender", effect }),
  };
}

function indexerTurn(turn: EngineTurn): IndexerTurn {
  return {
    now: turn.now,
    record: (fact) => turn.record({ type: "indexer", fact }),
    request: (effect) => turn.request({ type: "indexer", effect }),
  };
}

/** Whether the sender takes one more wish. */
export function canIntend({ ledger }: CoordinatorState): boolean {
  return ledger.sender.intents.size < ledger.sender.config.intentsMax;
}

/** A call that is wanted. */
export interface ChainWish {
  readonly intentId: string;
  readonly call: ChainCall;
}

/** Hands a call to the sender, or to the books where there is no chain; asking again with the same id changes nothing. */
export function intendCall(state: CoordinatorState, wish: ChainWish, turn: CoordinatorTurn): void {
  if (isChainless(state)) {
    turn.calls.push(wish);
    return;
  }
  intend(senderOf(state), wish, senderTurn(turn));
}

/** Whether an intent may still change the confirmed view: it is on its way, or its block has not been read yet. */
export function isUnderWay({ ledger }: CoordinatorState, intentId: string): boolean {
  if (ledger.sender.intents.has(intentId)) return true;
  const receipt = ledger.sender.finished.get(intentId)?.receipt ?? null;
  return receipt !== null && receipt.blockNumber > ledger.indexer.confirmedThrough;
}

/** Passes an input on to the sender. */
export function tellSender(state: CoordinatorState, input: SenderInput, turn: EngineTurn): readonly IntentChange[] {
  return decideSender(senderOf(state), input, senderTurn(turn));
}

/** Passes an input on to the indexer. */
export function tellIndexer(state: CoordinatorState, input: IndexerInput, turn: EngineTurn): readonly IndexerChange[] {
  return decideIndexer(indexerOf(state), input, indexerTurn(turn));
}

/** After recovery: both ask again for what they still need. */
export function resumeSettlement(state: CoordinatorState, turn: EngineTurn): void {
  resumeSender(senderOf(state), senderTurn(turn));
  resumeIndexer(indexerOf(state), indexerTurn(turn));
}
