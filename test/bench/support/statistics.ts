// Percentiles and rates, and how numbers are written.

/** Value below which so many percent of the samples lie; the largest sample when they are too few for that. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

/** Median and 99th percentile, milliseconds. */
export function latency(samplesMs: readonly number[]): {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly text: string;
} {
  const p50Ms = percentile(samplesMs, 50);
  const p99Ms = percentile(samplesMs, 99);
  return { p50Ms, p99Ms, text: `${ms(p50Ms)} / ${ms(p99Ms)}` };
}

/** Things per second. */
export function perSecond(count: number, elapsedMs: number): number {
  return (count * 1_000) / elapsedMs;
}

/** Milliseconds for people: more digits where they are few. */
export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** Seconds for people. */
export function seconds(valueMs: number): string {
  return `${(valueMs / 1_000).toFixed(1)} s`;
}

/** A whole number with separators. */
export function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Runs it and says how long it took. */
export async function timed<T>(run: () => Promise<T> | T): Promise<{ readonly result: T; readonly ms: number }> {
  const startedAt = performance.now();
  const result = await run();
  return { result, ms: performance.now() - startedAt };
}
