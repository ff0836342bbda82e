// A forest of random trees: learns from some things what tells two kinds apart, by many signs together, and judges others by it.
import { keyFromSeed, type RandomStream, randomStreams } from "@starling/kernel";

/** One thing: its signs as numbers, and whether it is of the kind that is looked for. */
export interface Example {
  readonly signs: readonly number[];
  readonly isPositive: boolean;
}

/** Chance that a thing with these signs is positive, as the forest has it. */
type Judge = (signs: readonly number[]) => number;

const TREES = 100;
const DEPTH_MAX = 6;
/** A leaf of fewer says nothing. */
const LEAF_MIN = 20;
/** Splits that are tried in each node: sign and threshold at random, the best is taken. */
const TRIES = 12;

/** Trains a forest; the same examples give the same one. */
export function forestOf(examples: readonly Example[]): Judge {
  const random = randomStreams(keyFromSeed(1))("forest");
  const trees = Array.from({ length: TREES }, () => treeOf(bootstrap(examples, random), { depth: 0, random }));
  return (signs) => trees.reduce((sum, judge) => sum + judge(signs), 0) / TREES;
}

function bootstrap(examples: readonly Example[], random: RandomStream): readonly Example[] {
  return examples.flatMap(() => examples[random.below(examples.length)] ?? []);
}

function treeOf(
  examples: readonly Example[],
  { depth, random }: { readonly depth: number; readonly random: RandomStream },
): Judge {
  const positive = examples.filter(({ isPositive }) => isPositive).length;
  const leaf = (positive + 1) / (examples.length + 2);
  if (depth === DEPTH_MAX || examples.length < 2 * LEAF_MIN || positive === 0 || positive === examples.length)
    return () => leaf;
  const split = bestSplit(examples, random);
  if (split === null) return () => leaf;
  const isLeft = (signs: readonly number[]): boolean => (signs[split.sign] ?? 0) <= split.threshold;
  const next = { depth: depth + 1, random };
  const left = treeOf(
    examples.filter(({ signs }) => isLeft(signs)),
    next,
  );
  const right = treeOf(
    examples.filter(({ signs }) => !isLeft(signs)),
    next,
  );
  return (signs) => (isLeft(signs) ? left(signs) : right(signs));
}

function bestSplit(
  examples: readonly Example[],
  random: RandomStream,
): { readonly sign: number; readonly threshold: number } | null {
  const signs = examples[0]?.signs.length ?? 0;
  let best: { readonly sign: number; readonly threshold: number } | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES; i += 1) {
    const sign = random.below(signs);
    const threshold = examples[random.below(examples.length)]?.signs[sign] ?? 0;
    const left = examples.filter((one) => (one.signs[sign] ?? 0) <= threshold);
    if (left.length < LEAF_MIN || examples.length - left.length < LEAF_MIN) continue;
    const mixed = impurity(left) + impurity(examples.filter((one) => (one.signs[sign] ?? 0) > threshold));
    if (mixed < least) [best, least] = [{ sign, threshold }, mixed];
  }
  return best;
}

// Gini's, times the number.
function impurity(examples: readonly Example[]): number {
  const part = examples.filter(({ isPositive }) => isPositive).length / examples.length;
  return examples.length * part * (1 - part);
}
