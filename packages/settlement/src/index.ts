// The pure machines for money that both daemons embed: transaction sender, event indexer, double-entry books, vouchers.
export type {
  Allotment,
  ChainCall,
  ChainCallKind,
  ChainEvent,
  ChainEventBody,
  ChainEventType,
  ChainPlace,
  CumulativePayment,
} from "@starling/protocol";
export { type AccountKind, type AccountName, accountName } from "./books/account.ts";
export {
  type BooksFact,
  type BooksLedger,
  balanceOf,
  booksViolations,
  closePostings,
  type EscrowTotals,
  emptyBooks,
  escrowTotals,
  evolveBooks,
  type WorkerBalance,
  workerBalance,
} from "./books/books.ts";
export {
  allotPosting,
  bondPosting,
  bondReturnPosting,
  depositPosting,
  type EscrowAmount,
  earnPosting,
  feeOf,
  type Leg,
  type Posting,
  payPosting,
  refundPosting,
  releasePosting,
  reversePosting,
  type WorkerAmount,
} from "./books/posting.ts";
export type { HeadSeen } from "./head.ts";
export { decideIndexer, type IndexerTurn, resumeIndexer, wakeIndexer } from "./indexer/decide.ts";
export { evolveIndexer } from "./indexer/evolve.ts";
export type { BlockRef, IndexerChange, IndexerEffect, IndexerFact, IndexerInput } from "./indexer/messages.ts";
export {
  emptyIndexerLedger,
  emptyIndexerPresence,
  type IndexerConfig,
  type IndexerLedger,
  type IndexerPresence,
  type IndexerState,
  indexerDefaults,
  initialIndexer,
  isCaughtUp,
  unconfirmedEvents,
} from "./indexer/state.ts";
export { indexerViolations } from "./indexer/violations.ts";
export { decideSender, intend, resumeSender, wakeSender } from "./sender/decide.ts";
export { evolveSender } from "./sender/evolve.ts";
export {
  type Attempt,
  type FinishedIntent,
  type GasFees,
  type Intent,
  type IntentStatus,
  intentLifecycle,
  type TransactionReceipt,
} from "./sender/intent.ts";
export type { IntentChange, SenderEffect, SenderFact, SenderInput } from "./sender/messages.ts";
export {
  emptySenderLedger,
  emptySenderPresence,
  initialSender,
  intentStatus,
  type SenderConfig,
  type SenderHead,
  type SenderLedger,
  type SenderPresence,
  type SenderState,
  senderDefaults,
  stuckIntents,
} from "./sender/state.ts";
export type { SenderTurn } from "./sender/step.ts";
export { senderViolations } from "./sender/violations.ts";
export {
  emptyVoucherAccount,
  exposure,
  mayEarn,
  nextVoucher,
  redeemable,
  takeVoucher,
  type VoucherAccount,
} from "./voucher.ts";
