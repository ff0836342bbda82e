// What workers' work showed stays small, in whole numbers, and in the buckets that placement reads.
import { evenPace, type Observed } from "../ledger/observed.ts";
import type { CoordinatorState } from "../state.ts";

/** More than any worker's lists may hold. */
const LISTED_MAX = 24;

/** Lists workers whose figures can't be right. */
export function observedViolations({ ledger }: CoordinatorState): readonly string[] {
  return [...ledger.workers.values()].flatMap(({ worker, observed }) =>
    observed === undefined || isSound(observed) ? [] : [`worker ${worker} shows ${JSON.stringify(observed)}`],
  );
}

function isSound({ shared, killed, fetched, pace, fetchKiB }: Observed): boolean {
  const numbers = [
    ...shared.flatMap((one) => [one.pace, one.run, one.cpu]),
    ...fetched,
    ...killed.map(({ bytes }) => bytes),
  ];
  return (
    Math.max(shared.length, killed.length, fetched.length) <= LISTED_MAX &&
    new Set(killed.map(({ taskId }) => taskId)).size === killed.length &&
    numbers.every((one) => Number.isSafeInteger(one) && one >= 0) &&
    (pace === null || (isPowerOfTwo(pace) && pace >= evenPace)) &&
    (fetchKiB === null || isPowerOfTwo(fetchKiB))
  );
}

function isPowerOfTwo(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0 && (value & (value - 1)) === 0;
}
