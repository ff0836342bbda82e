// Lies exactly where that is expected to earn more than honest work, lease by lease, knowing all rules and the coalition's size.
// What a lie costs in future work is left out: it only makes liars of people who would have stayed honest.
import type { Attacker } from "../arena.ts";

export const profitSeeker: Attacker = {
  name: "profit-seeker",
  weighs: true,
  reenters: false,
  lies: ({ advantage }) => advantage > 0,
};
