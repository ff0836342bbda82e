// What attempts used, as messages of the API; zero stands for what is not known.
import type { Usage } from "@starling/protocol";
import type { ResourceUsage } from "@starling/protocol/rpc";

/** One attempt's. */
export function usageMessage({ wallMs, cpuMs, peakMemoryBytes, fuel, bytesIn, bytesOut, gpu }: Usage): ResourceUsage {
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
