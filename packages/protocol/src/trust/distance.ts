// How far two rows of numbers are apart. Only + - * / and the square root, in one order: every machine gets the same bits.
import type { NumericComparator } from "./comparator.ts";

/** What is measured of two versions of an output, the first being the reference. All numbers are finite. */
export interface Distances {
  /** L2 norm of the difference over that of the reference; zero when they do not differ. */
  readonly l2: number;
  /** The largest |a - b|. */
  readonly maxAbs: number;
  /** The largest |a - b| / max(|a|, |b|). */
  readonly maxRel: number;
  /** Position of the first pair beyond its bounds, else of the largest difference; null when no pair differs. */
  readonly at: number | null;
}

/** Stands for a distance that no number holds: to a NaN, to an infinity, from a reference of norm zero. */
export const beyondMeasure = Number.MAX_VALUE;

/** Takes pairs one after another. */
export interface Ruler {
  readonly add: (reference: number, answer: number) => void;
  /** Pairs taken so far. */
  readonly count: () => number;
  readonly distances: () => Distances;
  /** Whether every bound holds. */
  readonly isWithin: () => boolean;
}

/**
 * A ruler for one output. A NaN equals a NaN in the same place, an infinity the same infinity, and minus zero is zero; such pairs add
 * nothing to a norm, except a number to that of the reference.
 */
export function rulerFor({ abs, rel, l2 }: NumericComparator): Ruler {
  const looksAtPairs = abs > 0 || rel > 0;
  const difference = new Norm();
  const reference = new Norm();
  let count = 0;
  let maxAbs = 0;
  let maxRel = 0;
  let largestAt: number | null = null;
  let beyondAt: number | null = null;
  let isBeyondMeasure = false;

  const addDiffering = (a: number, b: number): void => {
    const distance = Math.abs(a - b);
    const size = Math.max(Math.abs(a), Math.abs(b));
    // A NaN, an infinity, or a difference that is larger than any number.
    const isUnmeasured = !Number.isFinite(distance);
    if (isUnmeasured) isBeyondMeasure = true;
    else difference.add(distance);
    if (isUnmeasured || distance > maxAbs) {
      if (maxAbs < beyondMeasure || largestAt === null) largestAt = count;
      maxAbs = isUnmeasured ? beyondMeasure : distance;
    }
    maxRel = isUnmeasured ? beyondMeasure : Math.max(maxRel, distance / size);
    if (beyondAt === null && (isUnmeasured || (looksAtPairs && distance > abs + rel * size))) beyondAt = count;
  };
  const relativeNorm = (): number => {
    if (isBeyondMeasure) return beyondMeasure;
    return difference.isZero() ? 0 : Math.min(beyondMeasure, difference.over(reference));
  };
  return {
    add: (a, b) => {
      if (Number.isFinite(a)) reference.add(a);
      if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) addDiffering(a, b);
      count += 1;
    },
    count: () => count,
    distances: () => ({ l2: relativeNorm(), maxAbs, maxRel, at: beyondAt ?? largestAt }),
    isWithin: () => beyondAt === null && (l2 === 0 || relativeNorm() <= l2),
  };
}

// The norm as scale * sqrt(sum of (x / scale)^2), as LAPACK sums it: squares of large numbers would overflow, and squares of small
// ones vanish, so that two different tensors had distance zero.
class Norm {
  #scale = 0;
  #sum = 0;

  add(value: number): void {
    const size = Math.abs(value);
    if (size === 0) return;
    if (size > this.#scale) {
      const shrink = this.#scale / size;
      this.#sum = 1 + this.#sum * shrink * shrink;
      this.#scale = size;
    } else {
      const share = size / this.#scale;
      this.#sum += share * share;
    }
  }

  isZero(): boolean {
    return this.#scale === 0;
  }

  /** This norm over another; infinite over zero. */
  over(other: Norm): number {
    return other.isZero() ? Number.POSITIVE_INFINITY : (this.#scale / other.#scale) * Math.sqrt(this.#sum / other.#sum);
  }
}
