// BOINC's adaptive replication by its real rule (sched_send.cpp `set_trust`, validator.cpp `is_valid`): the coin is thrown at dispatch.

import { answerOf, pay } from "../answering.ts";
import { type Arena, costOfWork, type Scheme, whole } from "../arena.ts";
import type { Operator } from "../population.ts";
import { vote } from "./fixed-replicas.ts";

/** `CONS_VALID_UNREPLICATED`: so many consecutive valid results make a host eligible for single replication. */
const TRUSTED_FROM = 10;
const QUORUM = 2;

export const boinc: Scheme = {
  name: "BOINC adaptive",
  play: (arena) => {
    for (let task = 0; task < arena.tasks; task += 1) {
      arena.tally.tasks += 1;
      const first = arena.workers.draw([]);
      if (first === null) return;
      if (isTrusted(arena, first)) alone(arena, first);
      else together(arena, first);
    }
  },
};

// trusted = drand() > 1/consecutive_valid; the counter of an operator is its `standing`.
function isTrusted({ random }: Arena, { standing }: Operator): boolean {
  return standing >= TRUSTED_FROM && !random.chance(1, standing);
}

function alone(arena: Arena, operator: Operator): void {
  // It knows its own counter. A lease of a trusted host is compared for its own coin or as a partner of another's: about 2/n.
  const advantage = whole - Math.floor((2 * whole) / operator.standing) - (whole - costOfWork);
  const question = { said: null, holdsEnough: false, seenAlone: true, isSecondLook: false, advantage };
  const answer = answerOf(arena, operator, question);
  if (answer === "lie") arena.tally.wrongAccepted += 1;
  // The counter grows by replicated results only.
  pay(arena, operator, whole);
}

function together(arena: Arena, first: Operator): void {
  const second = arena.workers.draw([first]);
  const set = second === null ? [first] : [first, second];
  const { ballots, winner } = vote(arena, { set, votes: QUORUM, alone: false });
  for (const { operator, answer } of ballots) operator.standing = answer === winner ? operator.standing + 1 : 0;
}
