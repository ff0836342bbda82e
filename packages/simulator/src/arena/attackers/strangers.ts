// Names with nothing behind them that always lie, and are there again under another one as soon as they are thrown out.
import type { Attacker } from "../arena.ts";

/** So many at a time. */
export function strangers(names: number): Attacker {
  return {
    name: names === 1 ? "one liar without a stake" : `${names.toLocaleString("en")} liars without a stake`,
    weighs: false,
    reenters: true,
    names: { count: names, stake: 0 },
    lies: () => true,
  };
}
