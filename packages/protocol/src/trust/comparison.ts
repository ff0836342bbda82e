// Compares two versions of an output by a numeric comparator, chunk by chunk: whoever holds the bytes feeds them in. A receipt is
// verified by the same code that ruled, so it is here, where no machine can make a difference.
import type { NumericComparator, NumericFormat } from "./comparator.ts";
import { type Distances, type Ruler, rulerFor } from "./distance.ts";
import { jsonReader } from "./json-reader.ts";
import { npyReader } from "./npy-reader.ts";
import { comparedChunkBytes, elementsReader, type NumberReader } from "./number-reader.ts";

/** The two versions: the one that distances are relative to, and the one that is measured. */
export type ComparedSide = "reference" | "answer";

/** The outcome. Without distances the two could not be measured, and `problem` says why; they are different then. */
export interface OutputComparison {
  readonly equal: boolean;
  readonly distances: Distances | null;
  readonly problem: string | null;
}

/** The outcome for the output of this name. */
export interface ComparedOutput extends OutputComparison {
  readonly output: string;
  /** Whoever compared could not read the bytes: nothing is known of the answers then, though they are not equal. Left out otherwise. */
  readonly unreadable?: true;
}

/** Asks for the next chunk of a side; is answered with it, or with null after the last. Holds no more than a chunk of each. */
export type Comparing = Generator<ComparedSide, OutputComparison, Uint8Array | null>;

/** Starts a comparison. Never throws, whatever the bytes are; the outcome does not depend on how they are cut. */
export function* comparison(comparator: NumericComparator): Comparing {
  const ruler = rulerFor(comparator);
  const reference = feedOf(comparator.format);
  const answer = feedOf(comparator.format);
  while (!reference.isOver || !answer.isOver) {
    const side = nextSide(reference, answer);
    const feed = side === "reference" ? reference : answer;
    const bytes = yield side;
    take(feed, bytes);
    if (feed.problem !== null) return different(`the ${side} cannot be measured: ${feed.problem}`);
    pair(ruler, reference, answer);
    if ((reference.isOver && waiting(answer) > 0) || (answer.isOver && waiting(reference) > 0))
      return different("they have different numbers of numbers");
  }
  if (reference.form !== answer.form) return different("they differ in more than numbers");
  const isWithin = ruler.isWithin();
  return {
    equal: isWithin,
    distances: ruler.distances(),
    problem: isWithin ? null : "they differ by more than the bounds",
  };
}

/** Compares two versions that are in memory. */
export function compareBytes(
  comparator: NumericComparator,
  reference: Uint8Array,
  answer: Uint8Array,
): OutputComparison {
  const taken = { reference: 0, answer: 0 };
  const sides = { reference, answer };
  const comparing = comparison(comparator);
  let step = comparing.next();
  while (step.done !== true) {
    const side = step.value;
    const at = taken[side];
    taken[side] += comparedChunkBytes;
    const bytes = sides[side].subarray(at, at + comparedChunkBytes);
    step = comparing.next(bytes.length === 0 ? null : bytes);
  }
  return step.value;
}

// Numbers of one side that wait for those of the other.
interface Feed {
  readonly reader: NumberReader;
  numbers: Float64Array;
  used: number;
  bytes: number;
  isOver: boolean;
  form: string;
  problem: string | null;
}

function feedOf(format: NumericFormat): Feed {
  return {
    reader: readerOf(format),
    numbers: new Float64Array(0),
    used: 0,
    bytes: 0,
    isOver: false,
    form: "",
    problem: null,
  };
}

function readerOf(format: NumericFormat): NumberReader {
  switch (format) {
    case "f32":
      return elementsReader("f4");
    case "f64":
      return elementsReader("f8");
    case "npy":
      return npyReader();
    case "json":
      return jsonReader();
  }
}

function waiting(feed: Feed): number {
  return feed.numbers.length - feed.used;
}

// The side with fewer numbers in wait, so that neither has more than a chunk of them.
function nextSide(reference: Feed, answer: Feed): ComparedSide {
  if (reference.isOver) return "answer";
  if (answer.isOver) return "reference";
  const more = waiting(reference) - waiting(answer);
  return more < 0 || (more === 0 && reference.bytes <= answer.bytes) ? "reference" : "answer";
}

function take(feed: Feed, bytes: Uint8Array | null): void {
  if (bytes !== null) {
    queue(feed, feed.reader.push(bytes));
    feed.bytes += bytes.length;
    feed.problem = feed.reader.problem();
    return;
  }
  feed.isOver = true;
  const end = feed.reader.end();
  if (!end.ok) {
    feed.problem = end.problem;
    return;
  }
  queue(feed, end.numbers);
  feed.form = end.form;
}

function queue(feed: Feed, numbers: Float64Array): void {
  feed.numbers = waiting(feed) === 0 ? numbers : concatenated(feed.numbers.subarray(feed.used), numbers);
  feed.used = 0;
}

function pair(ruler: Ruler, reference: Feed, answer: Feed): void {
  const count = Math.min(waiting(reference), waiting(answer));
  for (let i = 0; i < count; i += 1)
    ruler.add(reference.numbers[reference.used + i] ?? 0, answer.numbers[answer.used + i] ?? 0);
  reference.used += count;
  answer.used += count;
}

function concatenated(left: Float64Array, right: Float64Array): Float64Array {
  const both = new Float64Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

function different(problem: string): OutputComparison {
  return { equal: false, distances: null, problem };
}
