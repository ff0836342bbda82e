// Leases that wait for their allotment are judged again with every block.
import type { Logger } from "@starling/node-kit";
import type { WorkerEngine } from "./engine.ts";
import type { WorkerChain } from "./ports.ts";

const QUERY_LIMIT_MS = 10_000;

/** Reads the allotments that leases wait for, and tells the engine. */
export function refreshAllotments(engine: WorkerEngine, chain: WorkerChain, logger: Logger): void {
  const waiting = engine.read((state) => [...state.presence.pending.values()].map(({ lease }) => lease.escrowId));
  for (const escrowId of new Set(waiting)) {
    chain
      .allotment(escrowId, AbortSignal.timeout(QUERY_LIMIT_MS))
      .then((found) => found !== null && engine.post({ type: "allotmentSeen", escrowId, ...found }))
      .catch((error: unknown) => logger.debug("allotment not read", { escrowId, error: String(error) }));
  }
}
