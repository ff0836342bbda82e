// The worker's tunables, each with its reason.
import { hour, type Millis, minute, second } from "@starling/kernel";

export interface WorkerPolicy {
  /** Most leases that are held at once per slot; prefetching hides the round trip for tiny tasks and hurts late binding for long ones. */
  readonly prefetchMax: number;
  /** Runs shorter than this on average are prefetched at the full rate. */
  readonly tinyRunMs: Millis;
  /** How long a lease may wait for its allotment to be confirmed before it is declined (under the coordinator's accept limit). */
  readonly allotmentWaitMs: Millis;
  /** A committed lease whose set never closes is given up after this. */
  readonly commitSetWaitMs: Millis;
  /** A revealed lease without a verdict is given up after this; the voucher route does not depend on it. */
  readonly verdictWaitMs: Millis;
  /** Most pay that may stand unvouchered in one escrow, in base units: what a vanished coordinator can cost. */
  readonly creditLimit: bigint;
  /** An offer of a coordinator that was just tried is not followed again before this. */
  readonly offerRetryMs: Millis;
  /** How many ended leases are remembered, so that none is answered twice. */
  readonly endedMax: number;
}

export const defaultPolicy: WorkerPolicy = {
  prefetchMax: 16,
  tinyRunMs: 20,
  allotmentWaitMs: 8 * second,
  commitSetWaitMs: 10 * minute,
  verdictWaitMs: hour,
  creditLimit: 100_000_000n,
  offerRetryMs: 5 * second,
  endedMax: 50_000,
};
