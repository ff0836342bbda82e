// Colluders with perfect communication: they lie only where their own answers alone are accepted.
import type { Attacker } from "../arena.ts";

export const opportunists: Attacker = {
  name: "opportunistic colluders",
  weighs: false,
  reenters: false,
  lies: ({ holdsEnough }) => holdsEnough,
};
