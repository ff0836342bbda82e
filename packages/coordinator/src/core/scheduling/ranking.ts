// Expected cost of a worker, in integers: the price, dearer by every recent fault and by a bad record. Load decides among equals.
import type { Address, RuntimeClass } from "@starling/protocol";
import type { Worker } from "../ledger/worker.ts";
import type { CoordinatorState } from "../state.ts";
import { reputationOf, surchargePpm } from "./reputation.ts";

/** A worker that could take the replica. */
export interface Candidate {
  readonly worker: Address;
  readonly operator: Address;
  /**
   * Millionths of a base unit: the price, a part of it for every recent fault, which is likely to cost a second lease, and what its
   * operator's record adds.
   */
  readonly cost: bigint;
  /** Leases in hand per slot, rounded down: one that is idle comes before one that only prefetches. */
  readonly load: number;
}

const million = 1_000_000n;

/** The worker's cost in a class and its load, as they are now. */
export function rate(
  state: CoordinatorState,
  worker: Worker,
  of: { readonly runtimeClass: RuntimeClass; readonly at: number },
): Candidate {
  const { record } = worker.signed;
  const leases = state.index.liveLeases.get(worker.worker)?.size ?? 0;
  const { faultCostPercent, faultsCountedMax } = state.config.policy;
  const faults = BigInt(Math.min(worker.faults, faultsCountedMax) * faultCostPercent) * (million / 100n);
  const surcharge = BigInt(surchargePpm(reputationOf(state, worker.operator, of)));
  return {
    worker: worker.worker,
    operator: worker.operator,
    cost: record.pricePerTask * (million + faults + surcharge),
    load: Math.floor(leases / Math.max(1, record.slots)),
  };
}

/** Candidates whose cost is within so many percent of the best, and of these the least loaded. */
export function nearBest(candidates: readonly Candidate[], percent: number): readonly Candidate[] {
  const [first] = candidates;
  if (first === undefined) return [];
  let best = first.cost;
  for (const { cost } of candidates) if (cost < best) best = cost;
  const limit = best * BigInt(100 + percent);
  const near = candidates.filter(({ cost }) => cost * 100n <= limit);
  const load = Math.min(...near.map((candidate) => candidate.load));
  return near.filter((candidate) => candidate.load === load);
}
