// Gives the task of a dispute to the workers that were drawn to judge it, on a stream of its own.
import type { Network } from "@starling/node-kit";
import { type Address, decodeDisputeAsk, disputeProtocol, encodeDisputeAnswer, WireError } from "@starling/protocol";
import { disputedTask } from "../core/index.ts";
import type { CoordinatorEngine } from "./api/watch.ts";

/** What serving jurors needs. */
export interface JurorDeskParts {
  readonly network: Pick<Network, "handle">;
  readonly engine: Pick<CoordinatorEngine, "read">;
  /** The greeted workers behind a peer id: the peer itself is authenticated by its connection. */
  readonly workersOf: (peerId: string) => readonly Address[];
}

/** Answers one question after the other; who sends something else is cut off. */
export async function serveJurors({ network, engine, workersOf }: JurorDeskParts): Promise<void> {
  await network.handle(disputeProtocol, (stream) => {
    stream.onFrame(async (bytes) => {
      try {
        const disputeId = decodeDisputeAsk(bytes);
        const jurors = workersOf(stream.remotePeer);
        await stream.send(encodeDisputeAnswer(engine.read((state) => disputedTask(state, { disputeId, jurors }))));
      } catch (error) {
        stream.abort(error instanceof WireError ? error : new Error(String(error)));
      }
    });
  });
}
