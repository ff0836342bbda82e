// Keeps outputs from eviction until their lease ends. Pins live in memory, so they are set again at each start.
import type { ArtifactStore } from "@starling/node-kit";
import type { ArtifactRef, LeaseId } from "@starling/protocol";
import type { WorkerEngine } from "./engine.ts";

/** Pins the outputs of committed leases, those of now and those to come. */
export function pinOutputs(engine: WorkerEngine, artifacts: ArtifactStore): void {
  const pinned = new Map<LeaseId, readonly ArtifactRef[]>();
  const pin = (leaseId: LeaseId, outputs: readonly ArtifactRef[]): void => {
    for (const { cid } of outputs) artifacts.pin(cid);
    pinned.set(leaseId, outputs);
  };
  const unpin = (leaseId: LeaseId): void => {
    for (const { cid } of pinned.get(leaseId) ?? []) artifacts.unpin(cid);
    pinned.delete(leaseId);
  };
  engine.read((state) => {
    for (const [leaseId, { answer }] of state.ledger.leases) if (answer !== null) pin(leaseId, answer.outputs);
  });
  engine.onFacts(({ facts }) => {
    for (const fact of facts) {
      if (fact.type === "leaseCommitted") pin(fact.leaseId, fact.outputs);
      else if (ENDS.has(fact.type) && "leaseId" in fact) unpin(fact.leaseId);
    }
  });
}

const ENDS: ReadonlySet<string> = new Set(["leaseSettled", "leaseFailed", "leaseRevoked", "leaseExpired"]);
