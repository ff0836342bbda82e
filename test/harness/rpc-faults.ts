// What a bad line does to calls of a node: drawn from a seed, so that the same seed spoils the same calls of the same order.
import { keyFromSeed, randomStreams } from "@starling/kernel";

/** What becomes of one call. Those that end in `After` were carried out by the node; the caller does not learn it. */
export type FateKind =
  | "pass"
  /** Reaches the node late. */
  | "delay"
  /** The answer comes late. */
  | "late"
  /** Never reaches the node, and nothing is said. */
  | "drop"
  | "dropAfter"
  /** Answered with an error of the node's. */
  | "refuse"
  | "refuseAfter"
  /** The connection ends. */
  | "cut"
  | "cutAfter"
  /** Reaches the node twice; the second answer is given. */
  | "twice";

/** A fate; `ms` is what `delay` and `late` wait. */
export interface Fate {
  readonly kind: FateKind;
  readonly ms: number;
}

/** How many of a thousand calls each fate meets; the rest passes. */
export type FaultRates = Readonly<Partial<Record<FateKind, number>>>;

/** Says what becomes of each call. */
export type FaultPlan = (method: string) => Fate;

/** Nothing happens to anything. */
export const honestPlan: FaultPlan = () => ({ kind: "pass", ms: 0 });

/** Draws fates from a seed. Each method has a stream of its own: how often others are called changes nothing for it. */
export function faultPlan(seed: number, rates: FaultRates, longestMs: number): FaultPlan {
  const streams = randomStreams(keyFromSeed(seed));
  const entries = Object.entries(rates) as [FateKind, number][];
  return (method) => {
    const stream = streams(method);
    let place = stream.below(1_000);
    // Drawn whether it is needed or not, so that a rate that is changed does not move all later draws.
    const ms = 1 + stream.below(longestMs);
    for (const [kind, share] of entries) {
      if (place < share) return { kind, ms };
      place -= share;
    }
    return { kind: "pass", ms };
  };
}
