// Wants honest workers fined: says something else wherever an honest answer is looked at again. It is granted to know where, which no scheme tells.
import type { Attacker } from "../arena.ts";

export const framingAuditor: Attacker = {
  name: "framing auditor",
  weighs: false,
  reenters: false,
  lies: ({ isSecondLook }) => isSecondLook,
};
