// The event indexer: reads every block of the chain once, notices when blocks are replaced, and reports what is deep enough.
import { assertNever, type Millis, type Turn } from "@starling/kernel";
import type { IndexerChange, IndexerEffect, IndexerFact, IndexerInput } from "./messages.ts";
import type { IndexerState } from "./state.ts";

type LogsFetched = Extract<IndexerInput, { readonly type: "logsFetched" }>;

/** What an indexer needs of a turn. Recording a fact must apply it with `evolveIndexer` at once. */
export type IndexerTurn = Pick<Turn<IndexerFact, IndexerEffect>, "now" | "record" | "request">;

interface Step {
  readonly state: IndexerState;
  readonly turn: IndexerTurn;
  readonly changes: IndexerChange[];
}

/** Takes one input; returns what became confirmed or undone, in the order in which it must be applied. */
export function decideIndexer(state: IndexerState, input: IndexerInput, turn: IndexerTurn): readonly IndexerChange[] {
  const step: Step = { state, turn, changes: [] };
  const { presence } = state;
  switch (input.type) {
    case "headSeen":
      presence.head = { number: input.number, hash: input.hash };
      if (state.ledger.ring.some((block) => block.number === input.number && block.hash !== input.hash)) {
        undo(step, input.number);
      }
      break;
    case "logsFetched":
      if (!isAnswer(state, input)) return [];
      presence.fetching = null;
      presence.range = Math.min(state.ledger.config.rangeMax, presence.range + Math.ceil(presence.range / 4));
      onLogs(step, input);
      break;
    case "logsUnavailable":
      if (!isAnswer(state, input)) return [];
      presence.fetching = null;
      if (input.tooMany) presence.range = Math.max(1, Math.floor(presence.range / 2));
      else presence.retryAt = turn.now + state.ledger.config.retryMs;
      break;
    case "indexerWoken":
      break;
    default:
      assertNever(input, "indexer input");
  }
  fetchNext(step);
  return step.changes;
}

/** After recovery: nothing is owed to the world; reading goes on with the first head. */
export function resumeIndexer(state: IndexerState, turn: IndexerTurn): void {
  fetchNext({ state, turn, changes: [] });
}

/** When time alone matters: after a node could not be asked. Then `indexerWoken` is due. */
export function wakeIndexer(state: IndexerState): Millis | null {
  return state.presence.fetching === null ? state.presence.retryAt : null;
}

function isAnswer(
  { presence }: IndexerState,
  input: { readonly fromBlock: number; readonly toBlock: number },
): boolean {
  return presence.fetching?.fromBlock === input.fromBlock && presence.fetching.toBlock === input.toBlock;
}

function fetchNext({ state, turn }: Step): void {
  const { ledger, presence } = state;
  if (presence.fetching !== null || presence.head === null) return;
  if (presence.retryAt !== null && turn.now < presence.retryAt) return;
  presence.retryAt = null;
  if (ledger.nextBlock > presence.head.number) return;
  const fromBlock = ledger.nextBlock;
  const toBlock = Math.min(presence.head.number, fromBlock + presence.range - 1);
  presence.fetching = { fromBlock, toBlock };
  turn.request({ type: "fetchLogs", fromBlock, toBlock });
}

function onLogs(step: Step, input: LogsFetched): void {
  const { ledger, presence } = step.state;
  // A reorg may have moved the next block while the answer was on its way.
  if (input.fromBlock !== ledger.nextBlock) return;
  const tail = ledger.ring.at(-1);
  if (tail !== undefined && tail.hash !== input.parentHash) {
    stepBack(step, tail.number);
    return;
  }
  presence.undoStep = 1;
  if (!isConsistent(input)) {
    presence.retryAt = step.turn.now + ledger.config.retryMs;
    return;
  }
  const { toBlock, blocks, events } = input;
  step.turn.record({ type: "blocksIndexed", toBlock, blocks, events });
  confirm(step);
}

// Depth is counted from what was read, not from the head: what was read is one unbroken branch, the head may be on another.
function confirm(step: Step): void {
  const { ledger } = step.state;
  const throughBlock = ledger.nextBlock - ledger.config.confirmations;
  if (throughBlock <= ledger.confirmedThrough) return;
  for (const event of ledger.recent) {
    if (event.blockNumber > ledger.confirmedThrough && event.blockNumber <= throughBlock) {
      step.changes.push({ type: "eventConfirmed", event });
    }
  }
  step.turn.record({ type: "blocksConfirmed", throughBlock });
}

// The branches meet somewhere below. Steps double, since reading again costs little; but what was confirmed is taken back one
// block at a time and only where it is really gone.
function stepBack(step: Step, tail: number): void {
  const { ledger, presence } = step.state;
  const floor = Math.min(tail, ledger.confirmedThrough + 1);
  undo(step, Math.max(floor, tail - presence.undoStep + 1));
  presence.undoStep *= 2;
}

// Takes back blocks, newest event first, and tells of those that had been confirmed.
function undo(step: Step, wanted: number): void {
  const { ledger } = step.state;
  const fromBlock = Math.max(wanted, ledger.ring[0]?.number ?? wanted);
  for (const event of ledger.recent.toReversed()) {
    const confirmed = event.blockNumber <= ledger.confirmedThrough;
    if (event.blockNumber >= fromBlock && confirmed) step.changes.push({ type: "eventUndone", event });
  }
  step.turn.record({ type: "blocksUndone", fromBlock });
}

// A node that changes its mind between two requests gives a mixture of branches; such an answer is thrown away.
function isConsistent({ fromBlock, toBlock, blocks, events }: LogsFetched): boolean {
  if (blocks.length === 0 || blocks.length > toBlock - fromBlock + 1) return false;
  const first = toBlock - blocks.length + 1;
  if (blocks.some((block, i) => block.number !== first + i)) return false;
  return events.every((event) => {
    if (event.blockNumber < fromBlock || event.blockNumber > toBlock) return false;
    return event.blockNumber < first || blocks[event.blockNumber - first]?.hash === event.blockHash;
  });
}
