// Gathers differences of one escrow: equal figures are silent, all others are named with both sides.
import type { EscrowId } from "@starling/protocol";
import type { AuditDifference, AuditMatter, AuditSide, AuditSource } from "./difference.ts";

/** One comparison. */
export interface Comparison {
  readonly matter: AuditMatter;
  readonly subject: string;
  readonly jobId?: string;
  readonly sides: readonly [AuditSide, AuditSide];
  /** Why the first side may be larger, and why it may be smaller. */
  readonly why: { readonly more: string; readonly less: string };
}

/** The differences of one escrow. */
export class AuditFindings {
  readonly #escrowId: EscrowId;
  readonly differences: AuditDifference[] = [];

  constructor(escrowId: EscrowId) {
    this.#escrowId = escrowId;
  }

  /** Two figures that have to be the same. */
  same({ matter, subject, jobId = "", sides, why }: Comparison): void {
    const amount = sides[0].amount - sides[1].amount;
    if (amount === 0n) return;
    const reason = amount > 0n ? why.more : why.less;
    this.differences.push({
      escrowId: this.#escrowId,
      matter,
      subject,
      jobId: jobId === "" ? null : jobId,
      sides,
      amount,
      reason,
    });
  }

  /** The first figure may be smaller than the second, and not larger. */
  atMost({ why, ...rest }: Omit<Comparison, "why"> & { readonly why: string }): void {
    if (rest.sides[0].amount > rest.sides[1].amount) this.same({ ...rest, why: { more: why, less: why } });
  }

  /** Something without figures. */
  note(matter: AuditDifference["matter"], subject: string, reason: string): void {
    this.differences.push({ escrowId: this.#escrowId, matter, subject, jobId: null, sides: [], amount: 0n, reason });
  }
}

/** Both sides of a comparison. */
export function sidesOf(
  first: readonly [AuditSource, bigint],
  second: readonly [AuditSource, bigint],
): readonly [AuditSide, AuditSide] {
  return [
    { source: first[0], amount: first[1] },
    { source: second[0], amount: second[1] },
  ];
}
