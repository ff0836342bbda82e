// The confirmed view of the escrow contract: what each event changes, with its posting, and how a reorg takes it back.
import { assertNever } from "@starling/kernel";
import {
  type Address,
  type ChainEvent,
  type ChainPlace,
  type EscrowId,
  isCourtEvent,
  type SettlementEventBody,
} from "@starling/protocol";
import {
  allotPosting,
  type BooksLedger,
  balanceOf,
  bondPosting,
  bondReturnPosting,
  closePostings,
  depositPosting,
  earnPosting,
  evolveBooks,
  feeOf,
  type Posting,
  payPosting,
  refundPosting,
  releasePosting,
  reversePosting,
} from "@starling/settlement";
import { addAmount, type Escrow, type UndoEntry } from "../ledger/escrow.ts";
import { type CoordinatorState, isChainless } from "../state.ts";
import { confirmCourtEvent, undoCourtEvent } from "./court.ts";
import { changePledge, pledgeBefore, undoPledge } from "./pledges.ts";

/** Events of so many blocks can be undone; older ones are settled. */
const undoBlocks = 256;

type EscrowEvent = ChainPlace & Exclude<SettlementEventBody, { type: "registered" }>;
type Event<T extends ChainEvent["type"]> = Extract<ChainEvent, { type: T }>;

/** Applies an event that is deep enough. Events of escrows that are not ours change nothing. */
export function confirmEvent(state: CoordinatorState, event: ChainEvent, headSeconds: number): void {
  if (isCourtEvent(event)) {
    confirmCourtEvent(state, event, headSeconds);
    return;
  }
  if (event.type === "registered") return;
  const escrow = state.ledger.escrows.get(event.escrowId);
  if (escrow === undefined) return;
  const before = entryOf(escrow, event);
  const postings: Posting[] = [];
  const post = (posting: Posting): void => {
    evolveBooks(state.ledger.books, { type: "posted", posting });
    postings.push(posting);
  };
  apply(state, escrow, { event, headSeconds, post });
  escrow.refused = null;
  remember(escrow, { ...before, postings });
}

interface Application {
  readonly event: EscrowEvent;
  readonly headSeconds: number;
  readonly post: Post;
}

function apply(state: CoordinatorState, escrow: Escrow, { event, headSeconds, post }: Application): void {
  const { books } = state.ledger;
  switch (event.type) {
    case "escrowCreated":
      created(escrow, event, post);
      break;
    case "toppedUp":
      toppedUp(state, escrow, { event, post });
      break;
    case "allotted":
      allotted(books, escrow, { event, post });
      break;
    case "paid":
      escrow.chain.paid.set(event.worker, event.cumulative);
      post(payPosting({ ...event, fee: feeOf(event.amount, escrow.chain.feeBps) }));
      break;
    case "released":
      released(books, escrow, { event, post });
      break;
    case "refunded":
      endStep(escrow, "refund");
      escrow.chain.budget -= event.amount;
      escrow.chain.refunded += event.amount;
      post(refundPosting(event));
      break;
    case "resultsCommitted":
      committed(escrow, event, headSeconds);
      break;
    case "escrowClosed":
      for (const posting of closePostings(books, event.escrowId)) post(posting);
      if (event.bond > 0n) post(bondReturnPosting({ escrowId: event.escrowId, amount: event.bond }));
      escrow.exit = null;
      escrow.chain.phase = "closed";
      escrow.chain.budget -= event.refund;
      escrow.chain.refunded += event.refund;
      break;
    case "pledged":
    case "pledgeReleased":
    case "slashed":
      changePledge(escrow, event);
      break;
    default:
      assertNever(event, "event of an escrow");
  }
}

type Post = (posting: Posting) => void;

function created(escrow: Escrow, event: Event<"escrowCreated">, post: Post): void {
  const { chain } = escrow;
  chain.phase = "open";
  chain.budget = event.budget;
  chain.deadlineSeconds = event.deadlineSeconds;
  chain.feeBps = event.feeBps;
  chain.orders.set(event.escrowId, event.budget);
  post(depositPosting({ escrowId: event.escrowId, amount: event.budget }));
  if (event.coordinator !== event.payer) post(bondPosting({ escrowId: event.escrowId, amount: event.budget }));
}

function toppedUp(
  state: CoordinatorState,
  escrow: Escrow,
  { event, post }: { readonly event: Event<"toppedUp">; readonly post: Post },
): void {
  const { escrowId, amount } = event;
  escrow.chain.budget += amount;
  escrow.chain.deadlineSeconds = event.deadlineSeconds;
  escrow.chain.orders.set(event.orderId, amount);
  post(depositPosting({ escrowId, amount }));
  if (state.config.coordinator !== escrow.payer && !isChainless(state)) post(bondPosting({ escrowId, amount }));
}

function allotted(
  books: BooksLedger,
  escrow: Escrow,
  { event, post }: { readonly event: Event<"allotted">; readonly post: Post },
): void {
  const { escrowId, worker, total, expiresAtSeconds } = event;
  const change = total - (escrow.chain.allotments.get(worker)?.total ?? 0n);
  escrow.chain.allotments.set(worker, { total, expiresAtSeconds });
  const pending = escrow.allotting.get(worker);
  if (pending !== undefined && pending.total <= total && pending.expiresAtSeconds <= expiresAtSeconds) {
    escrow.allotting.delete(worker);
  }
  if (change > 0n) post(allotPosting({ escrowId, worker, amount: change }));
  else if (change < 0n) giveBack(books, escrow, { of: { escrowId, worker, amount: -change }, post });
  back(books, escrow, { worker, post });
}

// Earnings that nothing covered are covered first.
function back(
  books: BooksLedger,
  escrow: Escrow,
  { worker, post }: { readonly worker: Address; readonly post: Post },
): void {
  const { escrowId } = escrow;
  const unbacked = escrow.unbacked.get(worker) ?? 0n;
  const free = balanceOf(books, "allotted", { escrowId, worker });
  const amount = unbacked < free ? unbacked : free;
  if (amount <= 0n) return;
  post(earnPosting({ escrowId, worker, amount }));
  addAmount(escrow.unbacked, worker, -amount);
}

// A worker may give back its allotment at any time, which is no answer to another step that is under way.
function endStep(escrow: Escrow, step: "reclaim" | "refund"): void {
  if (escrow.exit?.step === step) escrow.exit = null;
}

function released(
  books: BooksLedger,
  escrow: Escrow,
  { event, post }: { readonly event: Event<"released">; readonly post: Post },
): void {
  endStep(escrow, "reclaim");
  const known = escrow.chain.allotments.get(event.worker);
  if (known !== undefined) {
    escrow.chain.allotments.set(event.worker, { ...known, total: known.total - event.amount });
  }
  giveBack(books, escrow, { of: event, post });
}

// A worker may give back what it has earned as well, or let it expire: that part is owed without cover from then on.
function giveBack(
  books: BooksLedger,
  escrow: Escrow,
  {
    of,
    post,
  }: {
    readonly of: { readonly escrowId: EscrowId; readonly worker: Address; readonly amount: bigint };
    readonly post: Post;
  },
): void {
  const { escrowId, worker, amount } = of;
  const unused = balanceOf(books, "allotted", { escrowId, worker });
  const earned = amount > unused ? amount - unused : 0n;
  if (earned > 0n) {
    post(reversePosting(earnPosting({ escrowId, worker, amount: earned })));
    addAmount(escrow.unbacked, worker, earned);
  }
  post(releasePosting({ escrowId, worker, amount }));
}

function committed(escrow: Escrow, event: Event<"resultsCommitted">, headSeconds: number): void {
  const batch = escrow.batches.find((one) => one.batch === event.batch && one.root === event.root);
  if (batch !== undefined) {
    const { blockNumber, blockHash, txHash, logIndex } = event;
    batch.place = { blockNumber, blockHash, txHash, logIndex };
  }
  if (!event.last) return;
  escrow.chain.phase = "committed";
  escrow.chain.committedAtSeconds = headSeconds;
}

function entryOf(escrow: Escrow, event: EscrowEvent): Omit<UndoEntry, "postings"> {
  const { phase, budget, refunded, deadlineSeconds, feeBps, committedAtSeconds, allotments, paid } = escrow.chain;
  const worker = "worker" in event ? event.worker : null;
  return {
    blockNumber: event.blockNumber,
    txHash: event.txHash,
    logIndex: event.logIndex,
    scalars: { phase, budget, refunded, deadlineSeconds, feeBps, committedAtSeconds },
    worker:
      worker === null
        ? null
        : {
            worker,
            allotment: allotments.get(worker) ?? null,
            paid: paid.get(worker) ?? null,
          },
    pledge: pledgeBefore(escrow, event),
  };
}

function remember(escrow: Escrow, entry: UndoEntry): void {
  const { undo } = escrow.chain;
  undo.push(entry);
  const stale = undo.findIndex((one) => one.blockNumber + undoBlocks > entry.blockNumber);
  if (stale > 0) undo.splice(0, stale);
}

/** Takes an event back; the newest comes first. */
export function undoEvent(state: CoordinatorState, event: ChainEvent): void {
  if (isCourtEvent(event)) {
    undoCourtEvent(state, event);
    return;
  }
  if (event.type === "registered") return;
  const escrow = state.ledger.escrows.get(event.escrowId);
  const entry = escrow?.chain.undo.at(-1);
  if (escrow === undefined || entry === undefined) return;
  if (entry.txHash !== event.txHash || entry.logIndex !== event.logIndex) return;
  escrow.chain.undo.pop();
  Object.assign(escrow.chain, entry.scalars);
  if (event.type === "allotted" || event.type === "released") {
    undoAllotment(state.ledger.books, escrow, entry);
    return;
  }
  for (const posting of entry.postings.toReversed()) {
    evolveBooks(state.ledger.books, { type: "posted", posting: reversePosting(posting) });
  }
  if (entry.worker !== null) restore(escrow.chain.paid, entry.worker.worker, entry.worker.paid);
  undoPledge(escrow, entry.pledge);
  undoParts(escrow, event);
}

// Earnings may have been moved since, so the figures are brought back by a new movement and not by the reverse of the old one.
function undoAllotment(books: BooksLedger, escrow: Escrow, entry: UndoEntry): void {
  if (entry.worker === null) return;
  const { worker, allotment } = entry.worker;
  const change = (allotment?.total ?? 0n) - (escrow.chain.allotments.get(worker)?.total ?? 0n);
  restore(escrow.chain.allotments, worker, allotment);
  const of = { escrowId: escrow.escrowId, worker, amount: change < 0n ? -change : change };
  const post = (posting: Posting): void => evolveBooks(books, { type: "posted", posting });
  if (change < 0n) giveBack(books, escrow, { of, post });
  else if (change > 0n) post(allotPosting(of));
  back(books, escrow, { worker, post });
}

function undoParts(escrow: Escrow, event: EscrowEvent): void {
  if (event.type === "escrowCreated") escrow.chain.orders.delete(event.escrowId);
  else if (event.type === "toppedUp") escrow.chain.orders.delete(event.orderId);
  else if (event.type === "resultsCommitted") {
    const batch = escrow.batches.find((one) => one.batch === event.batch);
    if (batch !== undefined) batch.place = null;
  }
}

function restore<V>(map: Map<Address, V>, worker: Address, value: V | null): void {
  if (value === null) map.delete(worker);
  else map.set(worker, value);
}
