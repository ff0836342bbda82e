// What real work showed of a worker's machine, beside what it claims: in few numbers, however much it did.
import type { Millis } from "@starling/kernel";
import { type Address, bucketAfter, type TaskId } from "@starling/protocol";

/** What is known of one worker. Bounded lists, the oldest first. */
export interface Observed {
  /** Tasks that it answered as another operator did, and how long both took. */
  readonly shared: readonly SharedAnswer[];
  /** Tasks that were killed for want of memory here, though the machine claims enough, and that others finished. */
  readonly killed: readonly MemoryKill[];
  /** How fast inputs came to it, KiB a second. */
  readonly fetched: readonly number[];
  /** How long it takes, in sixteenths of what others take: the lower bound of a bucket. Null where too little is known. */
  readonly pace: number | null;
  /** How fast inputs come to it, KiB a second: the lower bound of a bucket. Null where too little is known. */
  readonly fetchKiB: number | null;
  /** Of the newest shared answer. */
  readonly at: Millis;
}

/** One answer, against one of another operator to the same task. */
export interface SharedAnswer {
  readonly operator: Address;
  /** Between offer and commitment by the coordinator's own clock, in sixteenths of the other's. */
  readonly pace: number;
  /** Run time in sixteenths of the other's, both as their workers say. */
  readonly run: number;
  /** Processor time in sixteenths of the other's, both as their workers say; 0 where that says nothing. */
  readonly cpu: number;
}

/** A task that was killed for want of memory. */
export interface MemoryKill {
  readonly taskId: TaskId;
  /** What its job asked for. */
  readonly bytes: number;
  readonly at: Millis;
}

/** A sixteenth of this is the unit of a pace: as long as others take. */
export const evenPace = 16;

/** From so much on a worker is slow: a machine that takes less is within what jitter and other tasks do to any. */
export const slowPace = 2 * evenPace;

/** How much is needed before anything follows. */
export interface Enough {
  readonly answers: number;
  readonly operators: number;
}

/** Longer counts like this: what follows is the same, and two operators that answer in no time can't say more of a third. */
const PACE_MAX = 8 * evenPace;
const SHARED_MAX = 24;
/** Of one operator: more would let one fill the list. */
const SHARED_PER_OPERATOR = 4;
const KILLED_MAX = 8;
const FETCHED_MAX = 16;
const FETCHED_MIN = 5;

const nothing: Observed = { shared: [], killed: [], fetched: [], pace: null, fetchKiB: null, at: 0 };

/** One number over another in sixteenths, at least 1. */
export function sixteenths(mine: number, other: number): number {
  return Math.min(PACE_MAX, Math.max(1, Math.floor((mine * evenPace) / Math.max(1, other))));
}

/** Adds an answer that another operator confirmed. */
export function withShared(
  before: Observed | undefined,
  answer: SharedAnswer,
  { at, enough }: { readonly at: Millis; readonly enough: Enough },
): Observed {
  const known = before ?? nothing;
  const ofOperator = known.shared.filter(({ operator }) => operator === answer.operator);
  const dropped = ofOperator.length >= SHARED_PER_OPERATOR ? ofOperator[0] : undefined;
  const kept = known.shared.filter((one) => one !== dropped);
  const shared = [...kept, answer].slice(-SHARED_MAX);
  const middle = middlePace(shared, enough);
  const pace = middle === null ? null : Math.max(evenPace, bucketAfter(known.pace ?? evenPace, middle));
  return { ...known, shared, pace, at };
}

/**
 * The pace in the middle of what each operator shows: one that answers in no time moves it no further than to its neighbour's. Null where
 * too few answers of too few operators are known.
 */
export function middlePace(shared: readonly SharedAnswer[], { answers, operators }: Enough): number | null {
  const paces = new Map<Address, number[]>();
  for (const { operator, pace } of shared) paces.set(operator, [...(paces.get(operator) ?? []), pace]);
  if (shared.length < answers || paces.size < operators) return null;
  return middleOf([...paces.values()].map(middleOf));
}

/** How long the runs themselves take, as the worker says, in sixteenths: a task that waits in its worker's queue does not run yet. */
export function runPace({ shared }: Observed): number {
  return middleOf(shared.map(({ run }) => run));
}

/** The median, of an even number the lower one; 0 of nothing. */
export function middleOf(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)] ?? 0;
}

/** Adds a task that was killed; each task counts once. */
export function withKill(before: Observed | undefined, kill: MemoryKill): Observed {
  const known = before ?? nothing;
  if (known.killed.some(({ taskId }) => taskId === kill.taskId)) return known;
  return { ...known, killed: [...known.killed, kill].slice(-KILLED_MAX) };
}

/** Adds how fast inputs came. */
export function withFetched(before: Observed | undefined, kibPerSecond: number): Observed {
  const known = before ?? nothing;
  const fetched = [...known.fetched, kibPerSecond].slice(-FETCHED_MAX);
  const isEnough = fetched.length >= FETCHED_MIN;
  const fetchKiB = isEnough ? bucketAfter(known.fetchKiB ?? undefined, middleOf(fetched)) : known.fetchKiB;
  return { ...known, fetched, fetchKiB };
}

/** What is too much memory for the machine by so many kills since that moment; null where there are fewer. */
export function memoryBelow(
  { killed }: Observed,
  { kills, since }: { readonly kills: number; readonly since: Millis },
): number | null {
  // A machine that lacks little lacks more too, so the smaller kills count for the larger ones.
  const sizes = killed.flatMap(({ bytes, at }) => (at > since ? [bytes] : [])).toSorted((a, b) => a - b);
  return sizes[kills - 1] ?? null;
}
