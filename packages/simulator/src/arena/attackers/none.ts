// Nobody attacks: what verification costs when all is well.
import type { Attacker } from "../arena.ts";

export const none: Attacker = { name: "nobody", weighs: true, reenters: false, lies: () => false };
