// Earns trust with so many good results, then lies until it is found out, and begins again where it may.
import type { Attacker } from "../arena.ts";

/** One that sleeps for so many results. */
export function sleeper(results: number): Attacker {
  return { name: `sleeper ${results}`, weighs: false, reenters: false, lies: ({ given }) => given >= results };
}
