// Draining: no more work is taken, and what is under way may come to its end within a limit.
import type { Logger } from "@starling/node-kit";
import type { WorkerEngine } from "./engine.ts";

/** Resolves when no lease is held any more, or at the limit. */
export async function drain(engine: WorkerEngine, limitMs: number, logger: Logger): Promise<void> {
  await engine.submit({ type: "drainRequested" });
  const held = (): number => engine.read((state) => state.ledger.leases.size);
  if (held() === 0) return;
  logger.info("worker drains", { leases: held(), limitMs });
  await new Promise<void>((resolve) => {
    const limit = setTimeout(resolve, limitMs);
    engine.onFacts(() => {
      if (held() > 0) return;
      clearTimeout(limit);
      resolve();
    });
  });
  logger.info("worker drained", { leases: held() });
}
