// The ground on which ways of verifying are compared: one coalition among many operators, a scheme that hands tasks out, and what came of it.
import type { RandomStream } from "@starling/kernel";
import type { Names, Population } from "./population.ts";
import type { Tally } from "./tally.ts";

/** Money and odds are counted in millionths: of the price of a task, and of certainty. */
export const whole = 1_000_000;

/** What honest work costs of the price (reference: c = 0.8 r); a liar saves it. */
export const costOfWork = 800_000;

/** An answer: the right one, or the one lie that all of the coalition agree on. */
export type Answer = "right" | "lie";

/** What a member of the coalition knows when it answers. Nothing here comes from a draw that is still to be made. */
export interface LeaseSeen {
  /** Results of this identity that were accepted since it came, or since it was last found out. */
  readonly given: number;
  /** Whether the answers of its accomplices to this very task would be accepted without anybody else's. */
  readonly holdsEnough: boolean;
  /** Whether nobody else has the task, where a scheme decides that before the work and shows it; null where it cannot be known. */
  readonly seenAlone: boolean | null;
  /** Whether an honest answer is looked at a second time here. No scheme tells: only the framing auditor is granted it. */
  readonly isSecondLook: boolean;
  /** What a lie is expected to bring more than honest work, in millionths of the price, as the scheme's own rules have it. */
  readonly advantage: number;
}

/** A coalition that shares everything it knows. */
export interface Attacker {
  readonly name: string;
  /** Whether it weighs each lease, so that no lie at all is an outcome and not a failure to attack. */
  readonly weighs: boolean;
  /** Whether whoever is thrown out comes back at once under a new name with new money. */
  readonly reenters: boolean;
  /** One owner under many names, instead of a coalition of many; the network is idle then, and draws who gets a task. */
  readonly names?: Names;
  lies(lease: LeaseSeen, random: RandomStream): boolean;
}

/** Everything that one row of the table is played with. */
export interface Arena {
  readonly tasks: number;
  /** Share of the operators in the coalition, percent. */
  readonly percent: number;
  readonly attacker: Attacker;
  readonly workers: Population;
  readonly random: RandomStream;
  readonly seed: number;
  readonly tally: Tally;
}

/** A way of verifying. */
export interface Scheme {
  readonly name: string;
  /** Hands out all tasks and waits for the last check. */
  play(arena: Arena): void;
}
