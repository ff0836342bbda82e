// What the attempts of a job used, as their workers say: sums, and how large single attempts were, in few numbers however many there are.
import type { Usage } from "@starling/protocol";
import type { Lease } from "./lease.ts";

/** All attempts of one step that said what they used, without a result too. */
export interface StepUsage {
  attempts: number;
  wallMs: bigint;
  cpuMs: bigint;
  /** Of the largest attempt. */
  peakMemoryBytes: number;
  fuel: bigint;
  bytesIn: bigint;
  bytesOut: bigint;
  /** Of the largest attempt, over its GPUs. */
  gpuMemoryBytes: number;
  /** Time of attempts on GPUs, and that time weighted with how busy these were, in percent. */
  gpuWallMs: bigint;
  gpuBusyMs: bigint;
  /** Attempts that ended in one of these ways. */
  outOfMemory: number;
  signalled: number;
  timedOut: number;
  /** Accepted attempts by size: whoever answers wrong does not size the next job. */
  readonly memoryBytes: Sizes;
  readonly runMs: Sizes;
  /** Processor time per time, in percent of one core; of attempts that are long enough for it. */
  readonly cpuPercent: Sizes;
}

/** How many were at most so large, by the upper bound of their bucket; of eight buckets to each doubling. */
export type Sizes = Map<number, number>;

/** By step. */
export type JobUsage = Map<string, StepUsage>;

const BUCKETS_PER_DOUBLING = 8;

/** The smallest bucket that holds a whole number; at most an eighth above it. */
export function bucketOf(size: number): number {
  let width = 1;
  while (size > 2 * BUCKETS_PER_DOUBLING * width) width *= 2;
  return Math.ceil(size / width) * width;
}

/** Accepted attempts before anything follows from their sizes. */
const ATTEMPTS_MIN = 5;

/** What so many of a hundred stay within; null where there are too few. */
export function sizeOfPart(sizes: Sizes, percent: number): number | null {
  let all = 0;
  for (const count of sizes.values()) all += count;
  if (all < ATTEMPTS_MIN) return null;
  let seen = 0;
  for (const [size, count] of [...sizes].sort(([a], [b]) => a - b)) {
    seen += count;
    if (100 * seen >= percent * all) return size;
  }
  return null;
}

/** Shorter runs say nothing about cores. */
const CORES_WALL_MS_MIN = 100;

/** Adds an attempt that ended, with a result or without. */
export function noteUsage(usage: JobUsage, step: string, lease: Lease): void {
  const used = usedBy(lease);
  if (used === undefined) return;
  const sums = sumsOf(usage, step);
  sums.attempts += 1;
  sums.wallMs += BigInt(used.wallMs);
  sums.cpuMs += BigInt(used.cpuMs);
  sums.peakMemoryBytes = Math.max(sums.peakMemoryBytes, used.peakMemoryBytes);
  sums.fuel += BigInt(used.fuel ?? 0);
  sums.bytesIn += BigInt(used.bytesIn ?? 0);
  sums.bytesOut += BigInt(used.bytesOut ?? 0);
  if (used.gpu !== undefined) {
    sums.gpuMemoryBytes = Math.max(sums.gpuMemoryBytes, used.gpu.memoryBytes);
    sums.gpuWallMs += BigInt(used.wallMs);
    sums.gpuBusyMs += BigInt(used.wallMs) * BigInt(used.gpu.busyPercent);
  }
  if (lease.ending?.outOfMemory === true) sums.outOfMemory += 1;
  else if (lease.ending?.signal !== undefined) sums.signalled += 1;
  if (lease.fault === "application" && lease.reason?.code === "timedOut") sums.timedOut += 1;
}

/** Adds an accepted answer to the sizes. */
export function noteSize(usage: JobUsage, step: string, { answer }: Lease): void {
  if (answer === null) return;
  const { memoryBytes, runMs, cpuPercent } = sumsOf(usage, step);
  const { wallMs, cpuMs, peakMemoryBytes } = answer.usage;
  count(memoryBytes, peakMemoryBytes);
  count(runMs, wallMs);
  if (wallMs >= CORES_WALL_MS_MIN) count(cpuPercent, Math.floor((cpuMs * 100) / wallMs));
}

/** What a lease is counted with; undefined where its worker said nothing. */
export function usedBy({ answer, usage }: Lease): Usage | undefined {
  return answer?.usage ?? usage;
}

function count(sizes: Sizes, size: number): void {
  const bucket = bucketOf(size);
  sizes.set(bucket, (sizes.get(bucket) ?? 0) + 1);
}

function sumsOf(usage: JobUsage, step: string): StepUsage {
  const known = usage.get(step);
  if (known !== undefined) return known;
  const fresh: StepUsage = {
    attempts: 0,
    wallMs: 0n,
    cpuMs: 0n,
    peakMemoryBytes: 0,
    fuel: 0n,
    bytesIn: 0n,
    bytesOut: 0n,
    gpuMemoryBytes: 0,
    gpuWallMs: 0n,
    gpuBusyMs: 0n,
    outOfMemory: 0,
    signalled: 0,
    timedOut: 0,
    memoryBytes: new Map(),
    runMs: new Map(),
    cpuPercent: new Map(),
  };
  usage.set(step, fresh);
  return fresh;
}
