// What an audit finds: two accounts of one thing that are not the same, with the likely reason.
import type { EscrowId } from "@starling/protocol";

/** Where a figure comes from. */
export type AuditSource = "chain" | "chainAccount" | "books" | "leases" | "receipts" | "voucher" | "jobs";

/** What a figure is about. */
export type AuditMatter =
  | "earned"
  | "leases"
  | "vouched"
  | "paid"
  | "allotted"
  | "owed"
  | "deposited"
  | "refunded"
  | "held"
  | "pledged"
  | "fined"
  | "fineOwed"
  | "spent";

/** A figure of one source. */
export interface AuditSide {
  readonly source: AuditSource;
  readonly amount: bigint;
}

/** Two figures that should be one, or a finding without figures. */
export interface AuditDifference {
  readonly escrowId: EscrowId;
  readonly matter: AuditMatter | "receipt" | "escrow" | "books";
  /** A worker, an operator, a job, a lease or the escrow. */
  readonly subject: string;
  /** The job where it is one job's. */
  readonly jobId: string | null;
  /** The two sides; empty for findings without figures. */
  readonly sides: readonly AuditSide[];
  /** The first side less the second, base units; for `leases` a number of leases. */
  readonly amount: bigint;
  /** A sentence with the likely reason. */
  readonly reason: string;
}
