// What attempts used, as messages of the API; zero stands for what is not known.
import type { Usage } from "@starling/protocol";
import type { Job, ResourceUsage } from "@starling/protocol/rpc";
import type { JobUsageView } from "../../core/index.ts";

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

/** All attempts of a job, and what follows for the next one. */
export function jobUsageMessages({ steps, suggestions }: JobUsageView): Pick<Job, "usage" | "suggestions"> {
  return {
    usage: steps.map(({ step, used }) => ({
      step,
      attempts: used.attempts,
      total: {
        wallMs: sum(used.wallMs),
        cpuMs: sum(used.cpuMs),
        peakMemoryBytes: BigInt(used.peakMemoryBytes),
        fuel: sum(used.fuel),
        bytesIn: sum(used.bytesIn),
        bytesOut: sum(used.bytesOut),
        gpuMemoryBytes: BigInt(used.gpuMemoryBytes),
        gpuBusyPercent: used.gpuWallMs === 0n ? 0 : Number(used.gpuBusyMs / used.gpuWallMs),
      },
      outOfMemory: used.outOfMemory,
      signalled: used.signalled,
      timedOut: used.timedOut,
    })),
    suggestions: suggestions.map((one) => ({ ...one })),
  };
}

const UINT64_MAX = 2n ** 64n - 1n;

// Nobody counts so far, but liars might say so.
function sum(total: bigint): bigint {
  return total > UINT64_MAX ? UINT64_MAX : total;
}
