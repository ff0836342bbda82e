// Logs of the court as chain events.
import type { CourtEventBody, DisputeOutcome } from "@starling/protocol";
import type { RawLog } from "./answers.ts";
import type { Contracts } from "./contracts.ts";
import type { disputeCourtAbi } from "./generated/abi.ts";
import type { EventOf } from "./typed.ts";

const outcomes: readonly DisputeOutcome[] = ["undecided", "upheld", "overturned"];

/** The event that a log of the court stands for; null when it is not one of those that we follow. */
export function courtBody({ court }: Contracts, log: RawLog): CourtEventBody | null {
  const event = court.event(log);
  if (event === null) return null;
  switch (event.name) {
    case "DisputeOpened": {
      const { id: disputeId, ...opened } = event.args;
      return { type: "disputeOpened", disputeId, ...opened };
    }
    case "WorkerImplicated": {
      const { id: disputeId, worker, attempt, resultHash, fine } = event.args;
      return { type: "workerImplicated", disputeId, worker, attempt: Number(attempt), resultHash, fine };
    }
    case "WorkerReleased":
      return { type: "workerReleased", disputeId: event.args.id, operator: event.args.operator };
    case "JuryArmed": {
      const { id: disputeId, round, seedBlock } = event.args;
      return { type: "juryArmed", disputeId, round: Number(round), seedBlock: Number(seedBlock) };
    }
    case "JuryDrawn": {
      const { id: disputeId, round, jurors } = event.args;
      return { type: "juryDrawn", disputeId, round: Number(round), jurors };
    }
    case "VoteCommitted": {
      const { id: disputeId, juror, commitment } = event.args;
      return { type: "voteCommitted", disputeId, juror, commitment };
    }
    case "VoteRevealed": {
      const { id: disputeId, juror, answer } = event.args;
      return { type: "voteRevealed", disputeId, juror, answer };
    }
    case "Appealed":
      return { type: "appealed", disputeId: event.args.id, appellant: event.args.appellant };
    case "DisputeResolved": {
      const { id: disputeId, outcome, verdict } = event.args;
      // The contract's enum begins with "none", which no ruling is.
      return { type: "disputeResolved", disputeId, outcome: outcomes[Number(outcome) - 1] ?? "undecided", verdict };
    }
    default:
      return moneyBody(event);
  }
}

function moneyBody(event: EventOf<typeof disputeCourtAbi>): CourtEventBody | null {
  switch (event.name) {
    case "WorkerFined": {
      const { escrowId, worker, attempt, amount } = event.args;
      return { type: "workerFined", escrowId, worker, attempt: Number(attempt), amount };
    }
    case "JurorFined": {
      const { id: disputeId, juror, amount } = event.args;
      return { type: "jurorFined", disputeId, juror, amount };
    }
    case "Equivocation":
      return { type: "equivocated", ...event.args };
    case "Credited":
      return { type: "credited", ...event.args };
    case "CreditWithdrawn":
      return { type: "creditWithdrawn", ...event.args };
    default:
      return null;
  }
}
