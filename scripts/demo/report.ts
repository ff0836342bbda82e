// What the demo found out. Everything in it comes from the API, the receipt and the chain, as any user has them.
import type { Address, AuditCause, Hash } from "@starling/protocol";

/** A worker that answered wrongly, and the evidence. */
export interface Accusation {
  readonly worker: Address;
  readonly operator: Address | null;
  readonly name: string;
  /** Every task in which its signed answer was overruled. */
  readonly tasks: readonly {
    readonly task: string;
    /** What it committed to, revealed and signed. */
    readonly digest: Hash;
    readonly acceptedDigest: Hash;
    /** Names of those who answered what was accepted. */
    readonly agreed: readonly string[];
    /** agreement, referee or freshReplicas. */
    readonly ruledBy: string;
  }[];
}

/** What one worker earned and got. Money in base units. */
export interface Pay {
  readonly worker: Address;
  readonly name: string;
  readonly accepted: number;
  /** Sum of the prices of its accepted leases. */
  readonly earned: bigint;
  /** Tokens that the chain says it has. */
  readonly onChain: bigint;
}

/** How much ran. */
export interface Work {
  readonly tasks: number;
  readonly replicas: number;
  readonly refereeRuns: number;
  /** Accepted results that another operator ran once more, by the reason. */
  readonly audits: Readonly<Record<AuditCause, number>>;
  readonly otherAttempts: number;
}

/** The chain's side. Money in base units. */
export interface Settlement {
  readonly escrowId: string;
  readonly deposited: bigint;
  readonly paid: bigint;
  /** What came back to the payer. */
  readonly refunded: bigint;
  readonly gas: bigint;
  readonly transactions: number;
  readonly balanced: boolean;
}

/** The reduce task's finding. */
export type Best = Readonly<Record<string, number>>;

/** All of it. */
export interface DemoReport {
  readonly jobId: string;
  readonly state: string;
  readonly best: Best;
  readonly work: Work;
  readonly accusations: readonly Accusation[];
  readonly pay: readonly Pay[];
  readonly settlement: Settlement;
  /** Output of the offline verification, and its exit code. */
  readonly verification: { readonly code: number; readonly text: string };
  /** Name of each phase and its length in milliseconds. */
  readonly phases: readonly { readonly name: string; readonly ms: number }[];
  readonly results: string;
  readonly receipt: string;
  /** What did not hold; empty when all is well. */
  readonly problems: readonly string[];
}
