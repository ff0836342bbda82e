// Turns what a coordinator says into inputs of the worker's core.
import type { CoordinatorMessage } from "@starling/protocol";
import type { WorkerInput } from "../core/index.ts";
import type { Link } from "./links.ts";

/** The input for a message, or null for one that only belongs to the greeting. */
export function inputOf(link: Link, message: CoordinatorMessage): WorkerInput | null {
  const { coordinator, session, epoch } = link;
  switch (message.type) {
    case "leases":
      return { type: "leasesReceived", coordinator, session, epoch, items: message.items };
    case "commitSets":
      return { type: "commitSetsReceived", coordinator, items: message.items, signed: message.signed };
    case "verdicts":
      return { type: "verdictsReceived", coordinator, items: message.items };
    case "tickets": {
      const { terms, items, signed } = message;
      return { type: "ticketsReceived", coordinator, terms, items, signed };
    }
    case "voucher": {
      const { escrowId, cumulative, signature } = message;
      return { type: "voucherReceived", coordinator, escrowId, cumulative, signature };
    }
    case "revokes":
      return { type: "leasesRevoked", coordinator, leases: message.leases };
    case "pledgeWanted": {
      const { escrowId, total, releaseBySeconds, deadlineSeconds } = message;
      return { type: "pledgeAsked", coordinator, session, escrowId, total, releaseBySeconds, deadlineSeconds };
    }
    case "challenge":
      return { type: "challengeReceived", coordinator, challenge: message.challenge, answerMs: message.answerMs };
    case "hello":
    case "refused":
      return null;
  }
}
