// A task of the arena under Starling's rules, its leases, and what stands behind them.
import type { Answer } from "../arena.ts";
import type { Operator } from "../population.ts";
import { fineOfRules, leastFineOfRules, type Rules, WINDOW_RESULTS } from "./starling-rules.ts";
import type { Given } from "./starling-ruling.ts";

/** A lease that waits for the others of its round. */
export interface Lease {
  readonly operator: Operator;
  readonly fine: number;
  /** Whether its result is checked whatever the lottery says. */
  readonly isChecked: boolean;
  readonly isUnderfined: boolean;
  /** Whether its fine is below that of work which nobody checks. */
  readonly isThin: boolean;
}

/** Why answers are asked for: the replicas, a look at a result, or to decide after a mismatch. */
export type Round = "replicas" | "audit" | "fresh";

/** A task that was handed out. */
export interface Task {
  readonly position: number;
  round: Round;
  wanted: number;
  /** Since which ask it waits. */
  since: number;
  leases: readonly Lease[];
  /** Answers that nobody has refuted. */
  standing: readonly Given[];
  readonly refuted: Given[];
  result: Answer | null;
  /** Looks at its result that were ordered, and those of them by somebody who stands behind his answer. */
  audits: number;
  looks: number;
  isSecondRound: boolean;
  isWindowOver: boolean;
  isOver: boolean;
}

/** A task that nobody has yet. */
export function freshTask(position: number, { wanted, since }: Pick<Task, "wanted" | "since">): Task {
  const flags = { isSecondRound: false, isWindowOver: false, isOver: false };
  const none = { leases: [], standing: [], refuted: [], result: null, audits: 0, looks: 0 };
  return { position, round: "replicas", wanted, since, ...none, ...flags };
}

/** Everybody who was asked about the task. */
export function askedOf({ leases, standing, refuted }: Task): Operator[] {
  return [...leases, ...standing, ...refuted].flatMap(({ operator }) => operator ?? []);
}

/** Pledges, and the fines on results that are not settled. */
export class Cover {
  readonly #full: number;
  readonly #least: number;
  readonly #used: number[] = [];

  constructor(rules: Rules) {
    this.#full = fineOfRules(rules);
    this.#least = leastFineOfRules(rules);
  }

  /** What everybody who is not a sybil has pledged: twice what its unsettled results need, as the coordinator asks for it. */
  get pledge(): number {
    return 2 * WINDOW_RESULTS * this.#full;
  }

  /** What the operator's pledge still covers, millionths of the price. */
  free({ index, stake }: Operator): number {
    return Math.floor((this.pledge * stake) / 1_000_000) - (this.#used[index] ?? 0);
  }

  backs(operator: Operator): boolean {
    return this.free(operator) >= this.#least;
  }

  /** A lease on the terms that the pledge allows. */
  lease(operator: Operator, isNew: boolean): Lease {
    const free = this.free(operator);
    const isCovered = free >= this.#full;
    const fine = isCovered ? this.#full : Math.max(0, Math.min(this.#least, free));
    this.#used[operator.index] = (this.#used[operator.index] ?? 0) + fine;
    return {
      operator,
      fine,
      isChecked: isNew || !isCovered,
      isUnderfined: !isCovered && fine < this.#least,
      isThin: !isCovered,
    };
  }

  release({ operator, fine }: Pick<Given, "operator" | "fine">): void {
    if (operator !== null) this.#used[operator.index] = (this.#used[operator.index] ?? 0) - fine;
  }
}
