// Facts as log lines: the core does not log, what became true is logged.
import type { LogFields, Logger } from "@starling/node-kit";
import { isDiscrepancy, type WorkerFact } from "../core/index.ts";
import type { WorkerEngine } from "./engine.ts";

const LOUD: ReadonlySet<string> = new Set([
  "leaseFailed",
  "leaseRevoked",
  "leaseExpired",
  "holdChanged",
  "pledgeSigned",
  "redemptionIntended",
  "withdrawalIntended",
  "dutyTaken",
  "voteCast",
  "dutyOver",
  "transactionFinal",
  "transactionFailed",
]);

/** Logs each batch of facts once it is durable. */
export function logFacts(engine: WorkerEngine, logger: Logger): void {
  engine.onFacts(({ firstSeq, facts }) => {
    for (const [i, fact] of facts.entries()) {
      const fields = { seq: firstSeq + i, ...fieldsOf(fact) };
      const name = fact.type === "sender" ? fact.fact.type : fact.type;
      if (isAlarming(fact)) logger.warn(name, fields);
      else if (LOUD.has(name)) logger.info(name, fields);
      else logger.debug(name, fields);
    }
  });
}

// A coordinator that contradicts itself, or money that is lost: its owner should know whom he works for.
function isAlarming(fact: WorkerFact): boolean {
  if (fact.type === "dutyOver") return fact.outcome === "missed";
  if (fact.type === "voucherOver") return fact.claimed < fact.cumulative;
  return fact.type === "coordinatorEquivocated" || (fact.type === "ticketOpened" && isDiscrepancy(fact.outcome));
}

function fieldsOf(fact: WorkerFact): LogFields {
  switch (fact.type) {
    case "leaseAccepted": {
      const { leaseId, jobId, step, index, attempt, traceId } = fact.lease;
      return { leaseId, jobId, step, index, attempt, traceId, coordinator: fact.coordinator };
    }
    case "leaseStarted":
    case "leaseRevealed":
      return { leaseId: fact.leaseId };
    case "checkpointKept":
      return { leaseId: fact.leaseId, step: fact.checkpoint.step, size: fact.checkpoint.size };
    case "leaseCommitted":
      return { leaseId: fact.leaseId, wallMs: fact.usage.wallMs, outputs: fact.outputs.length };
    case "leaseSettled":
      return { leaseId: fact.leaseId, verdict: fact.verdict, reason: fact.reason };
    case "leaseFailed":
    case "leaseRevoked":
    case "leaseExpired":
      return { leaseId: fact.leaseId, reason: fact.reason };
    case "coordinatorEquivocated":
      return { coordinator: fact.coordinator, taskSpec: fact.first.item.taskSpec };
    case "ticketOpened":
      return {
        coordinator: fact.coordinator,
        taskSpec: fact.taskSpec,
        outcome: fact.outcome,
        drawn: fact.drawn === true,
      };
    case "holdChanged": {
      const { kind = "none", killAt = null } = fact.hold ?? {};
      return killAt === null ? { hold: kind } : { hold: kind, killAt };
    }
    case "pledgeSigned":
      return { escrowId: fact.order.escrowId, coordinator: fact.coordinator, total: fact.order.total };
    case "redemptionIntended": {
      const { escrowId, intentId, cumulative, due, reason } = fact;
      return { escrowId, intentId, cumulative, due, reason };
    }
    case "withdrawalIntended":
      return { keeper: fact.keeper, account: fact.account, intentId: fact.intentId, amount: fact.amount };
    case "voucherOver":
      return { escrowId: fact.escrowId, cumulative: fact.cumulative, claimed: fact.claimed };
    case "dutyTaken": {
      const { disputeId, round, taskSpec, commitBySeconds } = fact.drawn;
      return { disputeId, round, taskSpec, commitBySeconds };
    }
    case "voteCast":
      return { dutyId: fact.dutyId, digest: fact.vote.digest, reason: fact.reason };
    case "voteIntended":
      return { dutyId: fact.dutyId, intentId: fact.intentId };
    case "dutyOver":
      return { dutyId: fact.dutyId, outcome: fact.outcome };
    case "sender": {
      const { intentId } = fact.fact;
      return fact.fact.type === "transactionFailed" ? { intentId, reason: fact.fact.reason } : { intentId };
    }
    case "voucherHeld":
      return { escrowId: fact.escrowId, coordinator: fact.coordinator, cumulative: fact.cumulative };
  }
}
