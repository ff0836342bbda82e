// What the daemons' shells do between cores, without wire and signatures: an effect of one side becomes an input of the other.
import type { CoordinatorEffect, CoordinatorInput } from "@starling/coordinator/core";
import type { Address, RevealItem, TaskOffer } from "@starling/protocol";
import type { WorkerEffect, WorkerInput } from "@starling/worker-node/core";
import { coordinatorAddress, networkId } from "./records.ts";
import { unsigned } from "./unsigned.ts";

/** Effects of the coordinator that travel to a worker. */
export type DownEffect = Extract<
  CoordinatorEffect,
  { readonly type: "sendLeases" | "sendCommitSets" | "sendVerdicts" | "sendVoucher" | "sendRevokes" }
>;
/** Effects of a worker that travel to the coordinator. */
export type UpEffect = Exclude<
  WorkerEffect,
  { readonly type: "followOffer" | "refreshAllotment" | "runLease" | "killRun" }
>;

/** The input of the worker that a frame of the coordinator becomes. */
export function workerInputOf(
  effect: DownEffect,
  stream: { readonly coordinator: Address; readonly session: string },
): WorkerInput {
  const { coordinator, session } = stream;
  switch (effect.type) {
    case "sendLeases":
      return { type: "leasesReceived", coordinator, session, epoch: effect.epoch, items: effect.leases };
    case "sendCommitSets":
      return { type: "commitSetsReceived", coordinator, items: effect.items };
    case "sendVerdicts":
      return { type: "verdictsReceived", coordinator, items: effect.items };
    case "sendVoucher":
      return {
        type: "voucherReceived",
        coordinator,
        escrowId: effect.escrowId,
        cumulative: effect.cumulative,
        signature: unsigned.signature,
      };
    case "sendRevokes":
      return {
        type: "leasesRevoked",
        coordinator,
        leases: effect.leases.map(({ leaseId, reason }) => ({ leaseId: leaseId as `0x${string}`, reason })),
      };
  }
}

/** The input of the coordinator that a frame of a worker becomes. */
export function coordinatorInputOf(
  effect: UpEffect,
  stream: { readonly worker: Address; readonly session: string },
): CoordinatorInput {
  switch (effect.type) {
    case "sendAsk":
      return {
        type: "workerAsked",
        ...stream,
        message: { type: "ask", freeSlots: effect.freeSlots, classes: effect.classes },
      };
    case "sendAccepts":
      return {
        type: "leasesAccepted",
        ...stream,
        message: { type: "accepts", leases: effect.leases, signed: unsigned },
      };
    case "sendDeclines":
      return { type: "leasesDeclined", ...stream, message: { type: "declines", leases: effect.leases } };
    case "sendBeat":
      return { type: "workerBeat", ...stream, message: { type: "beat", leases: effect.leases } };
    case "sendCommits":
      return {
        type: "commitsReceived",
        ...stream,
        message: { type: "commits", items: effect.items, signed: unsigned },
      };
    case "sendReveals": {
      const items: RevealItem[] = effect.items.map((item) => ({ ...item, inline: [] }));
      return {
        type: "revealsReceived",
        ...stream,
        missing: [],
        message: { type: "reveals", escrowId: effect.escrowId, fine: effect.fine, items, signed: unsigned },
      };
    }
    case "sendFailures":
      return { type: "failuresReceived", ...stream, message: { type: "failures", items: effect.items } };
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
