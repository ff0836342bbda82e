// What a machine was measured to do. Told in buckets, each twice the one below: single timings on a busy machine differ by a third.

/** What is measured. */
export const measures = ["cpu", "cpus", "memory", "disk", "matrix"] as const;

/** One of them; what it means stands with `measureUnits`. */
export type Measure = (typeof measures)[number];

/** Unit and meaning of each. */
export const measureUnits: Readonly<Record<Measure, { readonly unit: string; readonly of: string }>> = {
  cpu: { unit: "M steps/s", of: "integer arithmetic on one core" },
  cpus: { unit: "M steps/s", of: "the same on all cores at once" },
  memory: { unit: "MiB/s", of: "memory copied by one core" },
  disk: { unit: "MiB/s", of: "written and on the disk" },
  matrix: { unit: "M mul-adds/s", of: "exact matrix product on one core" },
};

/** The lower bound of each bucket, a power of two in the measure's unit. What is missing was not measured. */
export type Measurements = Readonly<Partial<Record<Measure, number>>>;

/** The largest bound that a bucket may have. */
const BUCKET_MAX = 2 ** 30;

/** Whether a number is the lower bound of a bucket. */
export function isBucket(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= BUCKET_MAX && (value & (value - 1)) === 0;
}

/** The bucket of a whole number of units: the largest power of two that is not above it; 1 for less. */
export function bucketOf(value: number): number {
  let bucket = 1;
  while (bucket * 2 <= value && bucket < BUCKET_MAX) bucket *= 2;
  return bucket;
}

/** Thirty per cent beyond the edges of a bucket are still forgiven, so that a machine on an edge does not go to and fro. */
export function bucketAfter(before: number | undefined, value: number): number {
  if (before !== undefined && value * 10 >= before * 7 && value * 10 < before * 26) return before;
  return bucketOf(value);
}

/** The buckets after new figures: what was not measured this time stays. */
export function measurementsAfter(before: Measurements, figures: Measurements): Measurements {
  const after: Partial<Record<Measure, number>> = { ...before };
  for (const name of measures) {
    const figure = figures[name];
    if (figure !== undefined) after[name] = bucketAfter(before[name], figure);
  }
  return after;
}

/** "matrix 512-1024 M mul-adds/s" and so on, in the order of the table; empty when nothing was measured. */
export function formatMeasurements(measured: Measurements): readonly string[] {
  return measures.flatMap((name) => {
    const bucket = measured[name];
    return bucket === undefined ? [] : [`${name} ${bucket}-${2 * bucket} ${measureUnits[name].unit}`];
  });
}
