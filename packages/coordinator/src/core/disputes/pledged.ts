// Up to when the court can take a fine out of a pledge.
import type { Address } from "@starling/protocol";
import type { Escrow } from "../ledger/escrow.ts";
import type { CoordinatorState } from "../state.ts";

/** The pledge has to stand, and the escrow must not be final. Block seconds; zero when it is too late already. */
export function finableUntil({ config }: CoordinatorState, { chain }: Escrow, operator: Address): number {
  if (chain.phase === "closed" || !chain.pledges.has(operator)) return 0;
  const endsAt = chain.phase === "committed" ? (chain.committedAtSeconds ?? 0) : chain.deadlineSeconds;
  const finalAt = endsAt + config.windows.disputeSeconds;
  return Math.min(finalAt, chain.pledgeTerms.get(operator)?.releaseAtSeconds ?? finalAt);
}
