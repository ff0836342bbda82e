// What attempts used, and how programs ended, as people read it.
import type { Lease, ResourceUsage } from "@starling/protocol/rpc";
import { size } from "./words.ts";

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
