// A sleeper that is told which of its leases check others, which no scheme tells, and lies in the rest: what blindness is worth.
import type { Attacker } from "../arena.ts";

/** As many as the middle one of the sleepers. */
const SLEEP_RESULTS = 50;

export const auditReader: Attacker = {
  name: "sleeper 50 that sees audits",
  weighs: false,
  reenters: false,
  lies: ({ isSecondLook, given }) => !isSecondLook && given >= SLEEP_RESULTS,
};
