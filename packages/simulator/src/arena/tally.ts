// What is counted while a row is played.

/** Counts; money in millionths of the price. */
export interface Tally {
  tasks: number;
  /** Leases that were worked on or lied about: replicas, audits and the referee's. */
  executions: number;
  /** Tasks whose wrong result was accepted for good. */
  wrongAccepted: number;
  /** Tasks that ended without a result. */
  unresolved: number;
  /** Leases of the coalition, and those on which it lied. */
  attackerLeases: number;
  lies: number;
  attackerEarned: number;
  attackerCost: number;
  attackerFines: number;
  /** How often a member was found out and fined, or lost what it had staked. */
  caught: number;
  /** Harm to honest workers: fines, right answers that were not paid, right answers that were ruled wrong. */
  honestFines: number;
  honestUnpaid: number;
  honestInvalidated: number;
}

/** All zero. */
export function emptyTally(): Tally {
  return {
    tasks: 0,
    executions: 0,
    wrongAccepted: 0,
    unresolved: 0,
    attackerLeases: 0,
    lies: 0,
    attackerEarned: 0,
    attackerCost: 0,
    attackerFines: 0,
    caught: 0,
    honestFines: 0,
    honestUnpaid: 0,
    honestInvalidated: 0,
  };
}
