// Challenges and their answers, between their plain form and the wire.
import type { Challenge } from "../challenge/challenge.ts";
import type * as wire from "../generated/starling/v1/work.ts";
import { fromHex } from "../hex.ts";
import type { Hash } from "../ids.ts";
import { limits } from "../limits.ts";
import { readHash, readPositive } from "./read.ts";
import { WireError } from "./wire-error.ts";

/** A challenge with the time for its answer. */
export interface PosedChallenge {
  readonly challenge: Challenge;
  readonly answerMs: number;
}

/** The wire form of a challenge. */
export function challengeToWire({ challenge, answerMs }: PosedChallenge): wire.Challenge {
  const { seed, size, factors, lanes } = challenge;
  return { seed: fromHex(seed), size, factors, lanes, answerMs };
}

/** A challenge within its bounds; throws `WireError`. */
export function challengeFromWire(found: wire.Challenge): PosedChallenge {
  return {
    challenge: {
      seed: readHash(found.seed, "seed"),
      size: readPositive(found.size, "size", limits.challengeSize),
      factors: readPositive(found.factors, "factors", limits.challengeFactors),
      lanes: readPositive(found.lanes, "lanes", limits.challengeLanes),
    },
    answerMs: readPositive(found.answerMs, "answerMs", limits.challengeMs),
  };
}

/** An answer; null where none was computed. */
interface GivenAnswer {
  readonly seed: Hash;
  readonly product: Uint8Array | null;
}

/** The wire form of an answer. */
export function answerToWire({ seed, product }: GivenAnswer): wire.ChallengeAnswer {
  return { seed: fromHex(seed), product: product ?? new Uint8Array(0), declined: product === null };
}

/** An answer that is no longer than any can be; throws `WireError`. */
export function answerFromWire(found: wire.ChallengeAnswer): GivenAnswer {
  const most = 3 * limits.challengeSize ** 2;
  if (found.product.length > most) throw new WireError("product", `has more than ${most} bytes`);
  return { seed: readHash(found.seed, "seed"), product: found.declined ? null : found.product };
}
