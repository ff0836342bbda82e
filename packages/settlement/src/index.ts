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
export type { HeadSeen } from "./head.ts";
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
