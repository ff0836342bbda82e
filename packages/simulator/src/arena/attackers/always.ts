// Never works: every answer is the coalition's lie.
import type { Attacker } from "../arena.ts";

export const always: Attacker = { name: "always lies", weighs: false, reenters: false, lies: () => true };
