// A sleeper that sees whether anybody else has its task, where a scheme decides that at dispatch and its pages show it.
import type { Attacker } from "../arena.ts";

export const watchingSleeper: Attacker = {
  name: "sleeper that sees replication",
  weighs: false,
  reenters: false,
  lies: ({ seenAlone }) => seenAlone === true,
};
