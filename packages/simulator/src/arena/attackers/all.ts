// Every attacker of the table.
import type { Attacker } from "../arena.ts";
import { always } from "./always.ts";
import { auditReader } from "./audit-reader.ts";
import { framingAuditor } from "./framing-auditor.ts";
import { opportunists } from "./opportunists.ts";
import { partialFaker } from "./partial-faker.ts";
import { profitSeeker } from "./profit-seeker.ts";
import { sleeper } from "./sleeper.ts";
import { strangers } from "./strangers.ts";
import { sybils } from "./sybils.ts";
import { whitewasher } from "./whitewasher.ts";

/** Those that every scheme is put to. */
export const attackers: readonly Attacker[] = [
  always,
  profitSeeker,
  sleeper(10),
  sleeper(50),
  sleeper(200),
  auditReader,
  opportunists,
  partialFaker(2),
  partialFaker(10),
  whitewasher,
  framingAuditor,
];

/** One owner of many names each, beside honest operators of whom each has as much at stake as he has in all. */
export const ownersOfNames: readonly Attacker[] = [
  sybils(1),
  sybils(10),
  sybils(100),
  sybils(1_000),
  strangers(1),
  strangers(1_000),
];
