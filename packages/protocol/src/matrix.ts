// The cells of a matrix without the excluded ones, counted and found without listing them.
import { assert } from "@starling/kernel";
import type { Each } from "./job.ts";

type Matrix = Extract<Each, { kind: "matrix" }>;

/** Cells in lexicographic order, the first axis slowest; excluded cells are skipped and leave no gap in the numbering. */
export interface MatrixExpansion {
  readonly count: number;
  /** For each axis the position of its value in the cell with this number. */
  digitsAt(index: number): readonly number[];
}

/** An exclude entry as required value positions; null where it does not name the axis. */
type Pattern = readonly (number | null)[];

// The expansion of a matrix follows from the matrix alone, so remembering it changes nothing but the speed.
const expansions = new WeakMap<Matrix, MatrixExpansion>();

/** The expansion of a matrix; computed once for each matrix object. */
export function matrixExpansion(matrix: Matrix): MatrixExpansion {
  const known = expansions.get(matrix);
  if (known !== undefined) return known;
  const made = expand(matrix);
  expansions.set(matrix, made);
  return made;
}

function expand(matrix: Matrix): MatrixExpansion {
  const sizes = matrix.axes.map((axis) => axis.values.length);
  const patterns = matrix.exclude.map((entry) => patternOf(matrix, entry)).filter((pattern) => pattern !== null);
  const counter = new CellCounter(sizes);
  return {
    count: counter.cells(0, patterns),
    digitsAt(index) {
      const digits: number[] = [];
      let rest = index;
      let active: readonly Pattern[] = patterns;
      for (const [level, size] of sizes.entries()) {
        const found = counter.digitAt(level, active, rest);
        assert(found.digit < size, `the matrix has no cell ${index}`);
        digits.push(found.digit);
        rest = found.rest;
        active = stillActive(active, level, found.digit);
      }
      return digits;
    },
  };
}

/** Counts the cells below a prefix. Values that no pattern names are alike, so they are counted once and multiplied. */
class CellCounter {
  readonly #sizes: readonly number[];
  readonly #known = new Map<string, number>();

  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
  }

  /** Cells over the axes from `level` on that no active pattern excludes. */
  cells(level: number, active: readonly Pattern[]): number {
    if (active.length === 0) return this.#product(level);
    if (active.some((pattern) => pattern.slice(level).every((position) => position === null))) return 0;
    const key = `${level}:${active.map((pattern) => pattern.join()).join(";")}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const named = namedAt(active, level);
    let total = ((this.#sizes[level] ?? 0) - named.length) * this.cells(level + 1, unnamed(active, level));
    for (const digit of named) total += this.cells(level + 1, stillActive(active, level, digit));
    this.#known.set(key, total);
    return total;
  }

  /** The value of an axis in the cell with this number among the cells below the prefix, and the number that is left below it. */
  digitAt(
    level: number,
    active: readonly Pattern[],
    number: number,
  ): { readonly digit: number; readonly rest: number } {
    const ordinary = this.cells(level + 1, unnamed(active, level));
    let rest = number;
    let digit = 0;
    // Between named values lie runs of ordinary ones, all with the same count: step over a run at once.
    for (const named of [...namedAt(active, level), this.#sizes[level] ?? 0]) {
      const run = named - digit;
      if (rest < run * ordinary) return { digit: digit + Math.floor(rest / ordinary), rest: rest % ordinary };
      rest -= run * ordinary;
      digit = named;
      const below = this.cells(level + 1, stillActive(active, level, named));
      if (rest < below) return { digit, rest };
      rest -= below;
      digit += 1;
    }
    return { digit, rest };
  }

  #product(level: number): number {
    return this.#sizes.slice(level).reduce((product, size) => product * size, 1);
  }
}

function patternOf(matrix: Matrix, entry: Readonly<Record<string, string>>): Pattern | null {
  const pattern: (number | null)[] = [];
  for (const axis of matrix.axes) {
    const value = entry[axis.name];
    const position = value === undefined ? null : axis.values.indexOf(value);
    // A value that the axis does not have matches no cell; the parser refuses it, a foreign spec may still carry it.
    if (position === -1) return null;
    pattern.push(position);
  }
  return pattern;
}

function namedAt(active: readonly Pattern[], level: number): readonly number[] {
  const named = new Set<number>();
  for (const pattern of active) {
    const position = pattern[level];
    if (position !== null && position !== undefined) named.add(position);
  }
  return [...named].sort((a, b) => a - b);
}

function unnamed(active: readonly Pattern[], level: number): readonly Pattern[] {
  return active.filter((pattern) => pattern[level] === null);
}

function stillActive(active: readonly Pattern[], level: number, digit: number): readonly Pattern[] {
  return active.filter((pattern) => pattern[level] === null || pattern[level] === digit);
}
