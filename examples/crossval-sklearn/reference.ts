// The same cross-validation without scikit-learn and without Python: `node examples/crossval-sklearn/reference.ts`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { principalAxes } from "./principal-axes.ts";

const FOLDS = 5;
const CLASSES = 10;

/** One point of the job's matrix. */
export interface Configuration {
  readonly components: number;
  readonly smoothing: number;
}

interface Rows {
  readonly pixels: readonly (readonly number[])[];
  readonly digits: readonly number[];
}

/** Right answers in each fold. */
export type Evaluation = (configuration: Configuration) => readonly number[];

/** Reads the digits and finds the axes of each fold once; what it gives evaluates a configuration. */
export function referenceEvaluation(): Evaluation {
  const folds = readFolds();
  return ({ components, smoothing }) =>
    folds.map(({ fitted, held }) => {
      const classify = fitClassifier(cut(fitted, components), smoothing);
      const { pixels, digits } = cut(held, components);
      return pixels.filter((row, index) => classify(row) === digits[index]).length;
    });
}

// Each fold's rows along the axes of the rows that it is fitted to, the axis of the largest variance first.
function readFolds(): readonly { readonly fitted: Rows; readonly held: Rows }[] {
  const text = readFileSync(join(import.meta.dirname, "../digits-sweep/digits.csv"), "utf8");
  const table = text
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number));
  const edges = Array.from(
    { length: FOLDS + 1 },
    (_, fold) => fold * Math.floor(table.length / FOLDS) + Math.min(fold, table.length % FOLDS),
  );
  return edges.slice(1).map((end, fold) => {
    const isHeld = (index: number): boolean => index >= (edges[fold] ?? 0) && index < end;
    const fitted = rowsOf(table.filter((_, index) => !isHeld(index)));
    const project = principalAxes(fitted.pixels);
    const along = ({ pixels, digits }: Rows): Rows => ({ pixels: pixels.map(project), digits });
    return { fitted: along(fitted), held: along(rowsOf(table.filter((_, index) => isHeld(index)))) };
  });
}

function rowsOf(table: readonly (readonly number[])[]): Rows {
  return { pixels: table.map((row) => row.slice(0, -1)), digits: table.map((row) => row.at(-1) ?? 0) };
}

function cut({ pixels, digits }: Rows, components: number): Rows {
  return { pixels: pixels.map((row) => row.slice(0, components)), digits };
}

// A normal distribution for each class and axis; a share of the largest variance of all is added to each.
function fitClassifier({ pixels, digits }: Rows, smoothing: number): (row: readonly number[]) => number {
  const added = smoothing * Math.max(...moments(pixels).map(({ variance }) => variance));
  const classes = Array.from({ length: CLASSES }, (_, digit) => {
    const own = pixels.filter((_row, index) => digits[index] === digit);
    const axes = moments(own).map(({ mean, variance }) => ({ mean, variance: variance + added }));
    return { prior: Math.log(own.length / pixels.length), axes };
  });
  return (row) => {
    const likelihoods = classes.map(({ prior, axes }) =>
      axes.reduce(
        (sum, { mean, variance }, axis) =>
          sum - 0.5 * (Math.log(2 * Math.PI * variance) + ((row[axis] ?? 0) - mean) ** 2 / variance),
        prior,
      ),
    );
    return likelihoods.indexOf(Math.max(...likelihoods));
  };
}

function moments(
  rows: readonly (readonly number[])[],
): readonly { readonly mean: number; readonly variance: number }[] {
  return (rows[0] ?? []).map((_, axis) => {
    const mean = rows.reduce((sum, row) => sum + (row[axis] ?? 0), 0) / rows.length;
    const variance = rows.reduce((sum, row) => sum + ((row[axis] ?? 0) - mean) ** 2, 0) / rows.length;
    return { mean, variance };
  });
}

function main(): void {
  const evaluate = referenceEvaluation();
  for (const components of [8, 16, 24, 40])
    for (const smoothing of [1e-9, 0.01, 0.1])
      process.stdout.write(`${components} ${smoothing} ${evaluate({ components, smoothing }).join(" ")}\n`);
}

if (import.meta.main) main();
