// What the next job of this kind should ask for, by what the attempts of this one used. Advice: nobody acts on it but the payer.
import { formatDuration, formatSize, type JobSpec, limits, mapStep, type StepSpec } from "@starling/protocol";
import { type JobUsage, type Sizes, type StepUsage, sizeOfPart } from "../ledger/usage.ts";

/** One line of a job's file that should read otherwise. */
export interface Suggestion {
  readonly step: string;
  readonly field: "needs.mem" | "needs.cpu" | "timeout";
  /** Both as they stand in the file. */
  readonly asked: string;
  readonly suggested: string;
  readonly reason: string;
}

/** Ends of one kind before anything follows from them. */
const ENDS_MIN = 2;

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;

/** All that should change, the map step first; empty where too little is known or everything fits. */
export function suggestionsFor(spec: JobSpec, usage: JobUsage): readonly Suggestion[] {
  return [...usage]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([step, used]) => {
      const asked = step === mapStep ? spec.map : spec.reduce;
      if (asked === null) return [];
      const found = [memorySuggestion(asked, used), cpuSuggestion(asked, used), timeoutSuggestion(asked, used)];
      return found.flatMap((one) => (one === null ? [] : [{ step, ...one }]));
    });
}

type StepSuggestion = Omit<Suggestion, "step">;

// A quarter more than what nearly all attempts held, in steps that people write; less only where a lot is spared.
function memorySuggestion({ needs }: StepSpec, { memoryBytes, outOfMemory }: StepUsage): StepSuggestion | null {
  const asked = needs.memoryBytes;
  const typical = usualMost(memoryBytes);
  const wanted = typical === null ? 0 : memoryStep(Math.ceil((typical * 5) / 4));
  const isShort = outOfMemory >= ENDS_MIN;
  const suggested = Math.min(isShort ? Math.max(wanted, memoryStep(2 * asked)) : wanted, limits.memoryBytes);
  if (suggested === 0 || suggested === asked || (suggested < asked && 4 * suggested > 3 * asked)) return null;
  const reason = isShort
    ? `${outOfMemory} attempts were killed for memory`
    : `nearly all accepted attempts used at most ${formatSize(typical ?? 0)}`;
  return { field: "needs.mem", asked: sizeText(asked), suggested: sizeText(suggested), reason };
}

// A core that is used for less than a quarter is not counted.
function cpuSuggestion({ needs }: StepSpec, { cpuPercent }: StepUsage): StepSuggestion | null {
  const typical = usualMost(cpuPercent);
  if (typical === null) return null;
  const suggested = Math.min(Math.max(1, Math.ceil((typical - 25) / 100)), limits.cpuCores);
  if (suggested === needs.cpuCores) return null;
  const reason = `nearly all accepted attempts kept at most ${Math.floor(typical / 100)}.${String(typical % 100).padStart(2, "0")} cores busy`;
  return { field: "needs.cpu", asked: String(needs.cpuCores), suggested: String(suggested), reason };
}

// Machines differ in speed, so four times of what is usual; less is advised only where a stuck attempt would be noticed much sooner.
function timeoutSuggestion({ limits: step }: StepSpec, { runMs, timedOut }: StepUsage): StepSuggestion | null {
  const asked = step.timeoutMs;
  const typical = usualMost(runMs);
  const wanted = typical === null ? 0 : timeStep(4 * typical);
  const isShort = timedOut >= ENDS_MIN;
  const isTight = typical !== null && 3 * typical > 2 * asked;
  const suggested = Math.min(isShort ? Math.max(wanted, timeStep(2 * asked)) : wanted, limits.timeoutMsMax);
  const isLong = suggested > 0 && 4 * suggested <= asked;
  if (suggested === asked || !(isShort || isTight || isLong)) return null;
  const reason = isShort
    ? `${timedOut} attempts ran out of time`
    : `nearly all accepted attempts took at most ${formatDuration(typical ?? 0)}`;
  return { field: "timeout", asked: timeText(asked), suggested: timeText(suggested), reason };
}

/** What nineteen of twenty stay within; null where there are too few. */
export function usualMost(sizes: Sizes): number | null {
  return sizeOfPart(sizes, 95);
}

// 64 MiB below 4 GiB, whole GiB above.
function memoryStep(bytes: number): number {
  const step = bytes <= 4 * GIBIBYTE ? 64 * MEBIBYTE : GIBIBYTE;
  return Math.max(1, Math.ceil(bytes / step)) * step;
}

// Ten seconds up to two minutes, minutes up to two hours, then half hours.
function timeStep(ms: number): number {
  const minute = 60_000;
  const step = ms <= 2 * minute ? 10_000 : ms <= 120 * minute ? minute : 30 * minute;
  return Math.max(1, Math.ceil(ms / step)) * step;
}

// Exact, unlike what is written for people alone.
function sizeText(bytes: number): string {
  if (bytes % GIBIBYTE === 0) return `${bytes / GIBIBYTE}Gi`;
  if (bytes % MEBIBYTE === 0) return `${bytes / MEBIBYTE}Mi`;
  return bytes % 1_024 === 0 ? `${bytes / 1_024}Ki` : `${bytes}B`;
}

function timeText(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
