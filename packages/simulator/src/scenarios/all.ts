// Every hand-written case by name.
import { allotmentsReturned } from "./allotments-returned.ts";
import { auditorsFrame } from "./auditors-frame.ts";
import { badPrograms } from "./bad-programs.ts";
import { bothRoutesOfPay } from "./both-routes-of-pay.ts";
import { checkpointsArePoisoned, poisonersInLeague } from "./checkpoints-are-poisoned.ts";
import { cherryPickers } from "./cherry-pickers.ts";
import { colludersWaitForTheirChance } from "./colluders-wait-for-their-chance.ts";
import { coordinatorDiesAtEverySet } from "./coordinator-dies-at-every-set.ts";
import { coordinatorVanishes } from "./coordinator-vanishes.ts";
import { copiersLearnNothing } from "./copiers-learn-nothing.ts";
import { desertedAllotments } from "./deserted-allotments.ts";
import { equivocatorsAreCaught } from "./equivocators-are-caught.ts";
import { escrowNeverComes } from "./escrow-never-comes.ts";
import { everythingAgain } from "./everything-again.ts";
import { everythingTwice } from "./everything-twice.ts";
import { finesOnAVerdict } from "./fines-on-a-verdict.ts";
import { gpusOfTwoKinds } from "./gpus-of-two-kinds.ts";
import { greetingMeetsADeadCoordinator } from "./greeting-meets-a-dead-coordinator.ts";
import { lastRevealers } from "./last-revealers.ts";
import { liarAndReferee } from "./liar-and-referee.ts";
import { liarWithoutReferee } from "./liar-without-referee.ts";
import { lostFrames } from "./lost-frames.ts";
import { noChain } from "./no-chain.ts";
import { oneBoxPosesAsTen } from "./one-box-poses-as-ten.ts";
import { oneOperatorTwice } from "./one-operator-twice.ts";
import { oneStakeFiveNames, oneStakeTwentyNames } from "./one-stake-many-names.ts";
import { outageUntilTheEndOfAnEscrow } from "./outage-until-the-end-of-an-escrow.ts";
import { ownersTakeMachinesBack } from "./owners-take-machines-back.ts";
import { payersFarmTrust } from "./payers-farm-trust.ts";
import { paymentOnItsWayInAnOutage } from "./payment-on-its-way-in-an-outage.ts";
import { pledgesEndBeforeTheirEscrow } from "./pledges-end-before-their-escrow.ts";
import { programsOfTheMachine } from "./programs-of-the-machine.ts";
import { refereeLeaves } from "./referee-leaves.ts";
import { reorgAtTheEndOfAnEscrow } from "./reorg-at-the-end-of-an-escrow.ts";
import type { Scenario } from "./scenario.ts";
import { shortDeadlines } from "./short-deadlines.ts";
import { sleepersWake } from "./sleepers-wake.ts";
import { stalledCoordinator } from "./stalled-coordinator.ts";
import { stallers } from "./stallers.ts";
import { swarmOnTheLeastBudget } from "./swarm-on-the-least-budget.ts";
import { tightBudget } from "./tight-budget.ts";
import { twoCommitSets } from "./two-commit-sets.ts";
import { verdictsDropped } from "./verdicts-dropped.ts";
import { waverersRuleTwice } from "./waverers-rule-twice.ts";
import { workOverridesClaims } from "./work-overrides-claims.ts";
import { workersMissTheirTickets } from "./workers-miss-their-tickets.ts";

/** All of them. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  allotmentsReturned,
  badPrograms,
  bothRoutesOfPay,
  coordinatorDiesAtEverySet,
  coordinatorVanishes,
  desertedAllotments,
  escrowNeverComes,
  everythingTwice,
  gpusOfTwoKinds,
  greetingMeetsADeadCoordinator,
  liarAndReferee,
  liarWithoutReferee,
  lostFrames,
  noChain,
  oneOperatorTwice,
  outageUntilTheEndOfAnEscrow,
  ownersTakeMachinesBack,
  paymentOnItsWayInAnOutage,
  refereeLeaves,
  reorgAtTheEndOfAnEscrow,
  shortDeadlines,
  stalledCoordinator,
  tightBudget,
  auditorsFrame,
  checkpointsArePoisoned,
  cherryPickers,
  colludersWaitForTheirChance,
  copiersLearnNothing,
  equivocatorsAreCaught,
  everythingAgain,
  lastRevealers,
  oneBoxPosesAsTen,
  oneStakeFiveNames,
  oneStakeTwentyNames,
  payersFarmTrust,
  poisonersInLeague,
  pledgesEndBeforeTheirEscrow,
  finesOnAVerdict,
  programsOfTheMachine,
  sleepersWake,
  stallers,
  swarmOnTheLeastBudget,
  twoCommitSets,
  verdictsDropped,
  waverersRuleTwice,
  workOverridesClaims,
  workersMissTheirTickets,
};
