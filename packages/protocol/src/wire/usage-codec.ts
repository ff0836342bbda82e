// What a worker says of an attempt, between its plain form and the wire: bounded, since sums are made of it.
import type * as wire from "../generated/starling/v1/work.ts";
import { limits } from "../limits.ts";
import type { GpuUsage, ProgramEnding, Usage } from "../usage.ts";
import { readInteger, readPositive } from "./read.ts";

/** Zero stands for what is not known. */
export function usageToWire({ wallMs, cpuMs, peakMemoryBytes, fuel, bytesIn, bytesOut, gpu }: Usage): wire.Usage {
  return {
    wallMs: BigInt(wallMs),
    cpuMs: BigInt(cpuMs),
    peakMemoryBytes: BigInt(peakMemoryBytes),
    fuel: BigInt(fuel ?? 0),
    bytesIn: BigInt(bytesIn ?? 0),
    bytesOut: BigInt(bytesOut ?? 0),
    gpuMemoryBytes: BigInt(gpu?.memoryBytes ?? 0),
    gpuBusyPercent: gpu?.busyPercent ?? 0,
  };
}

/** Refuses what no machine uses. */
export function usageFromWire(found: wire.Usage, path: string): Usage {
  return {
    wallMs: readInteger(found.wallMs, `${path}.wallMs`, limits.usedMs),
    cpuMs: readInteger(found.cpuMs, `${path}.cpuMs`, limits.usedCpuMs),
    peakMemoryBytes: readInteger(found.peakMemoryBytes, `${path}.peakMemoryBytes`, limits.usedMemoryBytes),
    ...(found.fuel === 0n ? {} : { fuel: readPositive(found.fuel, `${path}.fuel`, limits.fuel) }),
    ...(found.bytesIn === 0n ? {} : { bytesIn: readPositive(found.bytesIn, `${path}.bytesIn`, limits.usedBytes) }),
    ...(found.bytesOut === 0n ? {} : { bytesOut: readPositive(found.bytesOut, `${path}.bytesOut`, limits.usedBytes) }),
    ...gpuFromWire(found, path),
  };
}

// A program that uses a GPU holds some of its memory, so without memory there was none.
function gpuFromWire({ gpuMemoryBytes, gpuBusyPercent }: wire.Usage, path: string): { gpu?: GpuUsage } {
  const busyPercent = readInteger(gpuBusyPercent, `${path}.gpuBusyPercent`, 100);
  if (gpuMemoryBytes === 0n) return {};
  const memoryBytes = readPositive(gpuMemoryBytes, `${path}.gpuMemoryBytes`, limits.usedGpuMemoryBytes);
  return { gpu: { memoryBytes, busyPercent } };
}

/** The part of a failure that says how its program ended. */
export type WireEnding = Pick<wire.Failure, "exitCode" | "signal" | "outOfMemory">;

/** No ending is one without any of the three. */
export function endingToWire(ending: ProgramEnding = {}): WireEnding {
  return { exitCode: ending.exitCode, signal: ending.signal ?? 0, outOfMemory: ending.outOfMemory ?? false };
}

/** Undefined where nothing is said. */
export function endingFromWire(found: WireEnding, path: string): ProgramEnding | undefined {
  const { exitCode, signal, outOfMemory } = found;
  const ending: ProgramEnding = {
    ...(exitCode === undefined ? {} : { exitCode: readInteger(exitCode, `${path}.exitCode`, limits.exitCode) }),
    ...(signal === 0 ? {} : { signal: readPositive(signal, `${path}.signal`, limits.signal) }),
    ...(outOfMemory ? { outOfMemory } : {}),
  };
  return Object.keys(ending).length === 0 ? undefined : ending;
}
