// Where a dispute stands by what is confirmed and by the clock of the chain; the contract derives the same from its own data.
import { present } from "@starling/kernel";
import type { Dispute } from "../ledger/dispute.ts";
import { chainSeconds } from "../money/clock.ts";
import type { CoordinatorState } from "../state.ts";

/** The stages in their order; an appeal leads from `appealable` back to `drawing`. */
export type DisputeStage = "wanted" | "evidence" | "drawing" | "judging" | "ripe" | "resolved";

/** The stage, and the block second at which time alone ends it; null where time does not. */
export interface StageNow {
  readonly stage: DisputeStage;
  readonly untilSeconds: number | null;
}

/** The stage of a dispute. Moments are no earlier than the contract's, so nothing is tried too soon. */
export function stageOf(state: CoordinatorState, { chain }: Dispute): StageNow {
  const court = present(state.config.court, "court");
  if (chain.ruling !== null) return { stage: "resolved", untilSeconds: null };
  if (chain.opensAtSeconds === null) return { stage: "wanted", untilSeconds: null };
  const now = chainSeconds(state, state.presence.turnAt);
  if (now < chain.opensAtSeconds) return { stage: "evidence", untilSeconds: chain.opensAtSeconds };
  if (chain.drawnAtSeconds === null) {
    const drawBy = chain.opensAtSeconds + court.drawSeconds;
    return now < drawBy ? { stage: "drawing", untilSeconds: drawBy } : { stage: "ripe", untilSeconds: null };
  }
  const appealSeconds = chain.round === 1 ? court.appealSeconds : 0;
  const ripeAt = chain.drawnAtSeconds + court.commitSeconds + court.revealSeconds + appealSeconds;
  return now < ripeAt ? { stage: "judging", untilSeconds: ripeAt } : { stage: "ripe", untilSeconds: null };
}
