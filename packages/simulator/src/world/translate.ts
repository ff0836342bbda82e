// What the daemons' shells do between cores: an effect of one side becomes a frame, and a frame an input of the other side.
import type { CoordinatorEffect, CoordinatorInput } from "@starling/coordinator/core";
import type { Address, CoordinatorMessage, FrameSignature, TaskOffer, WorkerMessage } from "@starling/protocol";
import type { WorkerEffect, WorkerInput } from "@starling/worker-node/core";
import { coordinatorAddress, networkId } from "./records.ts";
import { unsigned } from "./unsigned.ts";

/** Effects of the coordinator that travel to a worker. */
export type DownEffect = Extract<
  CoordinatorEffect,
  {
    readonly type:
      | "sendLeases"
      | "sendCommitSets"
      | "sendVerdicts"
      | "sendTickets"
      | "sendVoucher"
      | "sendRevokes"
      | "sendPledgeWanted"
      | "sendChallenge";
  }
>;
/** Effects of a worker that travel to the coordinator. */
export type UpEffect = Exclude<
  WorkerEffect,
  {
    readonly type:
      | "followOffer"
      | "refreshAllotment"
      | "refreshPledge"
      | "runLease"
      | "killRun"
      | "stopRun"
      | "readClaims"
      | "readCredits"
      | "readJuries"
      | "judgeTask"
      | "endJudging"
      | "answerChallenge"
      | "endSpareWork"
      | "sender";
  }
>;

/** The frame that a coordinator sends for an effect. */
export function downFrame(effect: DownEffect): CoordinatorMessage {
  switch (effect.type) {
    case "sendLeases":
      return { type: "leases", items: effect.leases, signed: signedFor(effect.leases, effect.epoch) };
    case "sendCommitSets":
      return { type: "commitSets", items: effect.items, signed: signedFor(effect.items, effect.epoch) };
    case "sendVerdicts":
      return { type: "verdicts", items: effect.items, signed: signedFor(effect.items, effect.epoch) };
    case "sendTickets": {
      const { terms, items, epoch } = effect;
      return { type: "tickets", terms, items, signed: signedFor(items, epoch) };
    }
    case "sendVoucher":
      return {
        type: "voucher",
        escrowId: effect.escrowId,
        cumulative: effect.cumulative,
        signature: unsigned.signature,
      };
    case "sendPledgeWanted": {
      const { escrowId, total, releaseBySeconds, deadlineSeconds } = effect;
      return { type: "pledgeWanted", escrowId, total, releaseBySeconds, deadlineSeconds };
    }
    case "sendChallenge":
      return { type: "challenge", challenge: effect.challenge, answerMs: effect.answerMs };
    case "sendRevokes":
      return {
        type: "revokes",
        leases: effect.leases.map(({ leaseId, reason }) => ({ leaseId: leaseId as `0x${string}`, reason })),
      };
  }
}

function held({ hold }: Extract<UpEffect, { type: "sendAsk" }>): Pick<Extract<WorkerMessage, { type: "ask" }>, "hold"> {
  return hold === undefined ? {} : { hold };
}

/** The frame that a worker sends for an effect. */
export function upFrame(effect: UpEffect): WorkerMessage {
  switch (effect.type) {
    case "sendAsk":
      return { type: "ask", freeSlots: effect.freeSlots, classes: effect.classes, ...held(effect) };
    case "sendAccepts":
      return { type: "accepts", leases: effect.leases, signed: signedFor(effect.leases) };
    case "sendDeclines":
      return { type: "declines", leases: effect.leases };
    case "sendBeat":
      return { type: "beat", leases: effect.leases };
    case "sendCheckpoints":
      return { type: "beat", leases: [effect.lease] };
    case "sendCommits":
      return { type: "commits", items: effect.items, signed: signedFor(effect.items) };
    case "sendReveals": {
      const { escrowId, fine } = effect;
      const items = effect.items.map((item) => ({ ...item, inline: [] }));
      return { type: "reveals", escrowId, fine, items, signed: signedFor(items) };
    }
    case "sendFailures":
      return { type: "failures", items: effect.items };
    case "sendPledge":
      return { type: "pledge", order: effect.order, signature: unsigned.signature };
    case "sendTicketsWanted":
      return { type: "ticketsWanted", tasks: effect.tasks };
    case "sendChallengeAnswer":
      return { type: "challengeAnswer", seed: effect.seed, product: effect.product };
    case "sendMeasured":
      return { type: "measured", measured: effect.measured };
  }
}

function signedFor(items: readonly unknown[], epoch = 1): FrameSignature {
  return { ...unsigned, count: items.length, epoch };
}

/** The input of a worker that a frame of its coordinator becomes. */
export function workerInputOf(
  message: CoordinatorMessage,
  stream: { readonly coordinator: Address; readonly session: string },
): WorkerInput | null {
  const { coordinator, session } = stream;
  switch (message.type) {
    case "leases":
      return { type: "leasesReceived", coordinator, session, epoch: message.signed.epoch, items: message.items };
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

/** The input of the coordinator that a frame of a worker becomes. */
export function coordinatorInputOf(
  message: WorkerMessage,
  stream: { readonly worker: Address; readonly session: string },
): CoordinatorInput | null {
  switch (message.type) {
    case "ask":
      return { type: "workerAsked", ...stream, message };
    case "accepts":
      return { type: "leasesAccepted", ...stream, message };
    case "declines":
      return { type: "leasesDeclined", ...stream, message };
    case "beat":
      return { type: "workerBeat", ...stream, message };
    case "commits":
      return { type: "commitsReceived", ...stream, message };
    case "reveals":
      return { type: "revealsReceived", ...stream, missing: [], message };
    case "failures":
      return { type: "failuresReceived", ...stream, message };
    case "pledge":
      return { type: "pledgeReceived", ...stream, message };
    case "ticketsWanted":
      return { type: "ticketsWanted", ...stream, message };
    case "challengeAnswer":
      return { type: "challengeAnswered", ...stream, message };
    case "measured":
      return { type: "machineMeasured", ...stream, message };
    case "hello":
    case "bye":
      return null;
  }
}

/** An offer as workers hear it: the shell fills in where the coordinator is. */
export function offerAt(offer: Extract<CoordinatorEffect, { type: "publishOffer" }>["offer"]): TaskOffer {
  return {
    ...offer,
    networkId,
    coordinator: coordinatorAddress,
    coordinatorPeerId: "coordinator",
    addresses: ["/ip4/127.0.0.1/tcp/4000"],
  };
}
