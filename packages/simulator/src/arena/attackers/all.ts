// Every attacker of the table.
import type { Attacker } from "../arena.ts";
import { always } from "./always.ts";
import { framingAuditor } from "./framing-auditor.ts";
import { opportunists } from "./opportunists.ts";
import { partialFaker } from "./partial-faker.ts";
import { profitSeeker } from "./profit-seeker.ts";
import { sleeper } from "./sleeper.ts";
import { whitewasher } from "./whitewasher.ts";

/** Those that every scheme is put to. */
export const attackers: readonly Attacker[] = [
  always,
  profitSeeker,
  sleeper(10),
  sleeper(50),
  sleeper(200),
  opportunists,
  partialFaker(2),
  partialFaker(10),
  whitewasher,
  framingAuditor,
];
