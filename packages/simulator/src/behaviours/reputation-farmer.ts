// A payer's own machine that offers itself as a stranger: what it earns trust by would be its own money.
import { type Behaviour, steady } from "./behaviour.ts";

export const reputationFarmer: Behaviour = {
  ...steady,
  name: "reputation farmer",
  run: ({ right, operator, spied }, random, count) => {
    if (spied.payer === operator) count("farming");
    return { durationMs: 5 + random.below(100), content: right };
  },
};
