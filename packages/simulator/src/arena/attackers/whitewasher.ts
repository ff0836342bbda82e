// Lies as soon as nobody watches a newcomer any more; thrown out, it comes back under a new name with new money, for ever.
import type { Attacker } from "../arena.ts";

/** So many results are enough to pass for somebody known in each scheme. */
const NEWCOMER_RESULTS = 30;

export const whitewasher: Attacker = {
  name: "re-entering whitewasher",
  weighs: false,
  reenters: true,
  lies: ({ given }) => given >= NEWCOMER_RESULTS,
};
