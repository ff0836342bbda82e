// Logs of our contracts as chain events. What nobody needs off chain (fees, unbonding) is left out.
import type { ChainEvent, ChainEventBody } from "@starling/protocol";
import type { RawLog } from "./answers.ts";
import type { Contracts } from "./contracts.ts";
import { courtBody } from "./court-events.ts";

/** The event that a log stands for; null when it is not one of those that we follow. */
export function chainEvent(contracts: Contracts, log: RawLog): ChainEvent | null {
  const body = bodyOf(contracts, log);
  if (body === null) return null;
  const { blockNumber, blockHash, txHash, logIndex } = log;
  return { ...body, blockNumber, blockHash, txHash, logIndex };
}

function bodyOf(contracts: Contracts, log: RawLog): ChainEventBody | null {
  if (log.address === contracts.escrow.address) return escrowBody(contracts, log);
  if (log.address === contracts.court.address) return courtBody(contracts, log);
  return log.address === contracts.registry.address ? registryBody(contracts, log) : null;
}

function escrowBody({ escrow }: Contracts, log: RawLog): ChainEventBody | null {
  const event = escrow.event(log);
  if (event === null) return null;
  switch (event.name) {
    case "EscrowCreated": {
      const { escrowId, requester: payer, coordinator, budget, deadline, feeBps } = event.args;
      const deadlineSeconds = Number(deadline);
      return { type: "escrowCreated", escrowId, payer, coordinator, budget, deadlineSeconds, feeBps: Number(feeBps) };
    }
    case "EscrowToppedUp": {
      const { escrowId, orderId, amount, deadline } = event.args;
      return { type: "toppedUp", escrowId, orderId, amount, deadlineSeconds: Number(deadline) };
    }
    case "Allotted": {
      const { escrowId, worker, total, expiresAt } = event.args;
      return { type: "allotted", escrowId, worker, total, expiresAtSeconds: Number(expiresAt) };
    }
    case "Paid": {
      const { escrowId, worker, cumulative, paid: amount } = event.args;
      return { type: "paid", escrowId, worker, cumulative, amount };
    }
    case "Released":
    case "Reclaimed": {
      const { escrowId, worker, amount } = event.args;
      return { type: "released", escrowId, worker, amount };
    }
    case "ResultsCommitted": {
      const { escrowId, root, last } = event.args;
      const [batch, count, completed] = [event.args.batch, event.args.count, event.args.completed].map(Number);
      return {
        type: "resultsCommitted",
        escrowId,
        batch: batch ?? 0,
        root,
        count: count ?? 0,
        completed: completed ?? 0,
        last,
      };
    }
    case "Refunded":
      return { type: "refunded", escrowId: event.args.escrowId, amount: event.args.amount };
    case "EscrowClosed": {
      const { escrowId, refund, bond } = event.args;
      return { type: "escrowClosed", escrowId, refund, bond };
    }
    default:
      return null;
  }
}

function registryBody({ registry }: Contracts, log: RawLog): ChainEventBody | null {
  const event = registry.event(log);
  if (event === null) return null;
  switch (event.name) {
    case "NodeRegistered": {
      const { operator, worker, peerIdHash, seq } = event.args;
      return { type: "registered", operator, worker, peerIdHash, seq: Number(seq) };
    }
    case "Pledged": {
      const { escrowId, operator, added: amount, total, releaseAt } = event.args;
      return { type: "pledged", escrowId, operator, amount, total, releaseAtSeconds: Number(releaseAt) };
    }
    case "Slashed": {
      const { escrowId, operator, amount } = event.args;
      return { type: "slashed", escrowId, operator, amount };
    }
    case "JuryJoined": {
      const { operator, worker, stake } = event.args;
      return { type: "juryJoined", operator, worker, stake };
    }
    case "JuryLeft": {
      const { operator, worker, releaseAt } = event.args;
      return { type: "juryLeft", operator, worker, releaseAtSeconds: Number(releaseAt) };
    }
    case "PledgeReleased": {
      const { escrowId, operator, amount } = event.args;
      return { type: "pledgeReleased", escrowId, operator, amount };
    }
    default:
      return null;
  }
}
