// Who may fetch what from a worker: the coordinator of a revealed lease its outputs, and nobody anything else.
import type { BlobPolicy } from "@starling/node-kit";
import type { WorkerEngine } from "./engine.ts";
import type { CoordinatorLinks } from "./links.ts";

/** Before the reveal nothing that derives from an output leaves: whoever has it could copy the answer. */
export function outputPolicy(engine: WorkerEngine, links: CoordinatorLinks): BlobPolicy {
  return {
    mayGet: (peerId, cid) =>
      engine.read((state) =>
        [...state.ledger.leases.values()].some(
          (held) =>
            held.state === "revealed" &&
            links.to(held.coordinator)?.peerId === peerId &&
            held.answer?.outputs.some((output) => output.cid === cid) === true,
        ),
      ),
    mayPut: () => false,
  };
}
