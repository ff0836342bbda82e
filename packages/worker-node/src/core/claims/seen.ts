// What the chain says of the money behind a voucher, as it was last read.

/** Where an escrow stands; `none` where the chain does not know it. */
export type EscrowPhase = "none" | "open" | "committed" | "closed";

/** An escrow and this worker's account in it, at the head. Money is base units, times are block seconds. */
export interface ReadClaim {
  readonly phase: EscrowPhase;
  /** It is closed so deep that no reorg opens it again. */
  readonly isOver: boolean;
  readonly allotted: bigint;
  readonly claimed: bigint;
  /** From then on anybody may take the unclaimed rest of the allotment back. */
  readonly allottedUntilSeconds: number;
  /** The last commit, else the deadline: the claim window begins here. */
  readonly endsAtSeconds: number;
}

/** A claim with the moment of its reading. */
export interface SeenClaim extends ReadClaim {
  readonly readAtBlock: number;
  readonly readAtSeconds: number;
  /** Since when something is due and nothing was paid; null when nothing is due. */
  readonly dueSinceSeconds: number | null;
}

/** What the hot key has for gas, and what gas costs; wei. */
export interface SeenGas {
  readonly balance: bigint;
  /** Of one unit. */
  readonly price: bigint;
}
