// What attempts used, and how programs ended, as people read it.
import type { Job, Lease, ResourceUsage, StepUsage } from "@starling/protocol/rpc";
import { size, span } from "./words.ts";

/** Under every list of such figures: they are no facts. */
export const usageIsClaimed = "as the workers say; nothing is accepted or paid because of it";

/** One attempt's figures, those that are known. */
export function usageText(usage: ResourceUsage): string {
  const { wallMs, cpuMs, peakMemoryBytes, fuel, bytesIn, bytesOut, gpuMemoryBytes, gpuBusyPercent } = usage;
  const known: readonly (readonly [boolean, string])[] = [
    [fuel > 0n, `fuel ${fuel}`],
    [true, `${wallMs} ms (cpu ${cpuMs} ms)`],
    [true, `memory ${size(peakMemoryBytes)}`],
    [bytesIn > 0n, `in ${size(bytesIn)}`],
    [bytesOut > 0n, `out ${size(bytesOut)}`],
    [gpuMemoryBytes > 0n, `GPU memory ${size(gpuMemoryBytes)}, ${gpuBusyPercent}% busy`],
  ];
  return known.flatMap(([is, text]) => (is ? [text] : [])).join(", ");
}

/** How the program of a failed attempt ended, beyond what its reason says; empty where nothing is known of that. */
export function endingText({ exitCode, signal, outOfMemory, reason }: Lease): string {
  const isSaid = reason?.message.startsWith("killed for memory") ?? false;
  const known = [
    exitCode === undefined ? "" : `exit code ${exitCode}`,
    signal === 0 ? "" : `signal ${signal}`,
    outOfMemory && !isSaid ? "killed for memory" : "",
  ];
  return known.filter((text) => text !== "").join(", ");
}

/** What all attempts of a job used, a line for each step; then what to ask for next time. Empty where none has ended. */
export function jobUsageLines({ usage, suggestions }: Job): (readonly [string, string])[] {
  if (usage.length === 0) return [];
  return [
    ...usage.map((step): [string, string] => [`used by ${step.step}`, stepText(step)]),
    ["what they used", usageIsClaimed],
    ...suggestions.map(({ step, field, asked, suggested, reason }): [string, string] => [
      "next time",
      `${field}: ${suggested} for ${step}, not ${asked}: ${reason}`,
    ]),
  ];
}

function stepText({ attempts, total, outOfMemory, signalled, timedOut }: StepUsage): string {
  if (total === undefined) return "";
  const { wallMs, cpuMs, peakMemoryBytes, fuel, bytesIn, bytesOut, gpuMemoryBytes, gpuBusyPercent } = total;
  const known: readonly (readonly [boolean, string])[] = [
    [true, `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`],
    [true, `${span(Number(wallMs))} (cpu ${span(Number(cpuMs))})`],
    [true, `memory up to ${size(peakMemoryBytes)}`],
    [fuel > 0n, `fuel ${fuel}`],
    [bytesIn > 0n, `in ${size(bytesIn)}`],
    [bytesOut > 0n, `out ${size(bytesOut)}`],
    [gpuMemoryBytes > 0n, `GPU memory up to ${size(gpuMemoryBytes)}, ${gpuBusyPercent}% busy`],
    [outOfMemory > 0, `${outOfMemory} killed for memory`],
    [signalled > 0, `${signalled} ended by a signal`],
    [timedOut > 0, `${timedOut} out of time`],
  ];
  return known.flatMap(([is, text]) => (is ? [text] : [])).join(", ");
}
