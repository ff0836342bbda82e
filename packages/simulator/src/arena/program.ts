// Which rows a table has.
import type { Attacker, Scheme } from "./arena.ts";
import { attackers, ownersOfNames } from "./attackers/all.ts";
import { none } from "./attackers/none.ts";
import { watchingSleeper } from "./attackers/watching-sleeper.ts";
import type { Match } from "./row.ts";
import { schemes } from "./schemes/all.ts";
import { boinc } from "./schemes/boinc.ts";

/** Sizes of the coalition, percent of operators. */
const percents: readonly number[] = [5, 10, 20];

/** Each operator gets about so many tasks, so that what a newcomer costs once is spread as in a month and not as in an hour. */
const TASKS_PER_OPERATOR = 1_000;
/** Fewer operators than this make five percent of them nobody. */
const OPERATORS_MIN = 40;

/** How large each row is and where chance begins. */
export interface Size {
  readonly tasks: number;
  readonly seed: number;
}

/** Operators for so many tasks. */
function operatorsFor(tasks: number): number {
  return Math.max(OPERATORS_MIN, Math.round(tasks / TASKS_PER_OPERATOR));
}

/** One match. */
export function match(
  scheme: Scheme,
  attacker: Attacker,
  { percent, tasks, seed }: Size & { readonly percent: number },
): Match {
  return { scheme, attacker, percent, tasks, seed, operators: operatorsFor(tasks) };
}

/** Every scheme against every attacker at every size. */
export function* program(size: Size): Generator<Match> {
  for (const scheme of schemes) {
    yield match(scheme, none, { ...size, percent: 0 });
    // Only BOINC decides on replication before the work and shows it.
    const against = scheme === boinc ? [...attackers, watchingSleeper] : attackers;
    for (const attacker of against) for (const percent of percents) yield match(scheme, attacker, { ...size, percent });
    // One owner among all.
    for (const owner of ownersOfNames) yield match(scheme, owner, { ...size, percent: 100 / operatorsFor(size.tasks) });
  }
}
