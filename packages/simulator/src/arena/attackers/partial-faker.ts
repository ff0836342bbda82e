// Works mostly, and makes up a few percent of its answers.
import type { Attacker } from "../arena.ts";

/** One that fakes this share. */
export function partialFaker(percent: number): Attacker {
  return {
    name: `partial faker ${percent} %`,
    weighs: false,
    reenters: false,
    lies: (_lease, random) => random.chance(percent, 100),
  };
}
