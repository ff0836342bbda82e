// One row of the table: a scheme against an attacker of a size, and what came of it.
import { keyFromSeed, randomStreams } from "@starling/kernel";
import { type Attacker, type Scheme, whole } from "./arena.ts";
import { Population } from "./population.ts";
import { emptyTally, type Tally } from "./tally.ts";

/** What is played. */
export interface Match {
  readonly scheme: Scheme;
  readonly attacker: Attacker;
  /** Share of the coalition, percent. */
  readonly percent: number;
  readonly tasks: number;
  readonly operators: number;
  readonly seed: number;
}

/** What came of it. */
export interface Row extends Match {
  readonly tally: Tally;
  /** Executions per task. */
  readonly compute: number;
  /** In prices per lease of the attacker, fines included. Honest work earns 0.2. */
  readonly profit: number;
  /** The same over all of its leases, in prices for a thousand tasks: what its names earn together. */
  readonly profitInAll: number;
  /** Its part of all leases. */
  readonly share: number;
  /** Whether the attack took place: it lied, or, where it weighs, it had something to weigh. */
  readonly isCarriedOut: boolean;
}

/** Plays one row. The same match gives the same row. */
export function playRow(match: Match): Row {
  const { scheme, attacker, percent, tasks, operators, seed } = match;
  const streams = randomStreams(keyFromSeed(seed));
  const tally = emptyTally();
  const workers = new Population({ operators, percent, names: attacker.names ?? null }, streams("draws"));
  scheme.play({ tasks, percent, attacker, workers, random: streams("whims"), seed, tally });
  const { attackerEarned, attackerCost, attackerFines, attackerLeases, lies } = tally;
  const earned = (attackerEarned - attackerCost - attackerFines) / whole;
  return {
    ...match,
    tally,
    compute: tally.executions / tally.tasks,
    profit: attackerLeases === 0 ? 0 : earned / attackerLeases,
    profitInAll: (1_000 * earned) / tally.tasks,
    share: attackerLeases / tally.executions,
    isCarriedOut: percent === 0 || lies > 0 || (attacker.weighs && attackerLeases > 0),
  };
}
