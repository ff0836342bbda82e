// The two daemons' shells at the ends of a work stream: greetings with what a worker holds, and frames as inputs.

import { type CoordinatorInput, defaultPolicy } from "@starling/coordinator/core";
import type { Address } from "@starling/protocol";
import { holdingOf } from "@starling/worker-node/core";
import type { Faults } from "../fault-plan.ts";
import { coordinatorAddress } from "./records.ts";
import { coordinatorInputOf, workerInputOf } from "./translate.ts";
import type { LinkEnds } from "./virtual-network.ts";
import type { VirtualWorker } from "./virtual-worker.ts";
import type { Wire } from "./wire.ts";
import type { CoordinatorNode } from "./world.ts";

interface Ends {
  readonly worker: VirtualWorker;
  readonly coordinator: CoordinatorNode;
  readonly wire: Wire;
  readonly faults: Faults;
  /** Closes the coordinator's end: the greeting was not taken. */
  readonly refuse: () => void;
}

interface Greeting {
  readonly signed: VirtualWorker["signed"];
  readonly holding: ReturnType<typeof holdingOf>;
}

/** What a link calls when something happens at one of its ends. */
export function linkEnds({ worker, coordinator, wire, faults, refuse }: Ends): LinkEnds {
  const { node } = worker;
  const address: Address = worker.address;
  return {
    canOpen: () => node.isUp && coordinator.isUp,
    greeting: (): Greeting => ({ signed: worker.signed, holding: holdingOf(node.state, coordinatorAddress) }),
    greeted: (session, greeting) => {
      const { signed, holding } = greeting as Greeting;
      const { record } = signed;
      const remoteAddress = record.addresses[0] ?? "";
      const input = { type: "workerHello", session, record, signed, source: "dial", remoteAddress, holding } as const;
      coordinator.input(input, (outcome) => {
        if (!outcome.ok) refuse();
      });
    },
    connected: (session) => {
      const { epoch } = coordinator;
      const { beatEveryMs } = defaultPolicy;
      const peerId = "coordinator";
      node.input({
        type: "coordinatorConnected",
        coordinator: coordinatorAddress,
        peerId,
        session,
        epoch,
        beatEveryMs,
      });
    },
    toCoordinator: (session, frame) => {
      const message = wire.atCoordinator(frame);
      const input = message === null ? null : coordinatorInputOf(message, { worker: address, session });
      if (input !== null) coordinator.input(withLosses(input, faults));
    },
    toWorker: (session, frame) => {
      const message = wire.atWorker(frame);
      worker.hear(message);
      const input = message === null ? null : workerInputOf(message, { coordinator: coordinatorAddress, session });
      if (input !== null) node.input(input);
    },
    goneForCoordinator: (session) =>
      coordinator.input({ type: "workerGone", worker: address, session, reason: "the stream ended" }),
    goneForWorker: (session) =>
      node.input({ type: "coordinatorGone", coordinator: coordinatorAddress, session, reason: "the stream ended" }),
  };
}

// Large outputs travel on other streams than the reveal that names them.
function withLosses(input: CoordinatorInput, faults: Faults): CoordinatorInput {
  if (input.type !== "revealsReceived") return input;
  const cids = input.message.items.flatMap(({ outputs }) => outputs.map(({ cid }) => cid));
  return { ...input, missing: cids.filter(() => faults.strikes("outputLost")) };
}
