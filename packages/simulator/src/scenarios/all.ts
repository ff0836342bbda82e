// Every hand-written case by name.
import { allotmentsReturned } from "./allotments-returned.ts";
import { badPrograms } from "./bad-programs.ts";
import { bothRoutesOfPay } from "./both-routes-of-pay.ts";
import { coordinatorDiesAtEverySet } from "./coordinator-dies-at-every-set.ts";
import { desertedAllotments } from "./deserted-allotments.ts";
import { escrowNeverComes } from "./escrow-never-comes.ts";
import { everythingTwice } from "./everything-twice.ts";
import { greetingMeetsADeadCoordinator } from "./greeting-meets-a-dead-coordinator.ts";
import { liarAndReferee } from "./liar-and-referee.ts";
import { liarWithoutReferee } from "./liar-without-referee.ts";
import { lostFrames } from "./lost-frames.ts";
import { oneOperatorTwice } from "./one-operator-twice.ts";
import { outageUntilTheEndOfAnEscrow } from "./outage-until-the-end-of-an-escrow.ts";
import { refereeLeaves } from "./referee-leaves.ts";
import { reorgAtTheEndOfAnEscrow } from "./reorg-at-the-end-of-an-escrow.ts";
import type { Scenario } from "./scenario.ts";
import { shortDeadlines } from "./short-deadlines.ts";
import { stalledCoordinator } from "./stalled-coordinator.ts";
import { tightBudget } from "./tight-budget.ts";

/** All of them. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  allotmentsReturned,
  badPrograms,
  bothRoutesOfPay,
  coordinatorDiesAtEverySet,
  desertedAllotments,
  escrowNeverComes,
  everythingTwice,
  greetingMeetsADeadCoordinator,
  liarAndReferee,
  liarWithoutReferee,
  lostFrames,
  oneOperatorTwice,
  outageUntilTheEndOfAnEscrow,
  refereeLeaves,
  reorgAtTheEndOfAnEscrow,
  shortDeadlines,
  stalledCoordinator,
  tightBudget,
};
