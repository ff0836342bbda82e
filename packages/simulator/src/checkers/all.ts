// Every checker of a run.
import { acceptance } from "./acceptance.ts";
import { chainView } from "./chain-view.ts";
import type { Checker } from "./checker.ts";
import { checkpoints } from "./checkpoints.ts";
import { commitOrder } from "./commit-order.ts";
import { conservation } from "./conservation.ts";
import { explained } from "./explained.ts";
import { fines } from "./fines.ts";
import { invariants } from "./invariants.ts";
import { leaseRules } from "./lease-rules.ts";
import { money } from "./money.ts";
import { owners } from "./owners.ts";
import { pledges } from "./pledges.ts";
import { receipts } from "./receipts.ts";
import { replay } from "./replay.ts";
import { rest } from "./rest.ts";
import { rightResults } from "./right-results.ts";
import { trustAdmission } from "./trust-admission.ts";
import { trustCaught } from "./trust-caught.ts";
import { trustLottery } from "./trust-lottery.ts";
import { trustOnce } from "./trust-once.ts";
import { trustResults } from "./trust-results.ts";
import { trustTickets } from "./trust-tickets.ts";
import { vouchers } from "./vouchers.ts";
import { workerSafety } from "./worker-safety.ts";

/** New ones for each run, since they remember what they saw. */
export function allCheckers(): readonly Checker[] {
  return [invariants(), ...outsideCheckers()];
}

/** Those that judge by what is seen from outside, and take no core's word for its own state. */
export function outsideCheckers(): readonly Checker[] {
  return [
    rightResults(),
    acceptance(),
    commitOrder(),
    leaseRules(),
    money(),
    vouchers(),
    conservation(),
    pledges(),
    fines(),
    replay(),
    chainView(),
    receipts(),
    explained(),
    owners(),
    checkpoints(),
    workerSafety(),
    trustAdmission(),
    trustCaught(),
    trustLottery(),
    trustOnce(),
    trustResults(),
    trustTickets(),
    rest(),
  ];
}
