// One owner and one stake under many names: does he get more work, or more for it? Names lie where that is expected to earn more.
import { type Attacker, whole } from "../arena.ts";

/** As much at stake as one honest operator, split evenly. */
export function sybils(names: number): Attacker {
  return {
    name: names === 1 ? "one stake, one name" : `one stake, ${names.toLocaleString("en")} names`,
    weighs: true,
    reenters: false,
    names: { count: names, stake: whole },
    lies: ({ advantage }) => advantage > 0,
  };
}
