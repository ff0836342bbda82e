// What a task needs of GPUs, between its plain form and the wire.
import type { GpuNeeds as GpuNeedsWire } from "../generated/starling/v1/common.ts";
import type { GpuNeeds } from "../gpu-needs.ts";
import { limits } from "../limits.ts";
import { readInteger, readList, readPositive, readText } from "./read.ts";

/** The wire form. */
export function gpuToWire({ count, vramBytes, arch }: GpuNeeds): GpuNeedsWire {
  return { count, vramBytes: BigInt(vramBytes), arch: [...arch] };
}

/** The plain form; throws `WireError`. */
export function gpuFromWire(gpu: GpuNeedsWire, path: string): GpuNeeds {
  return {
    count: readPositive(gpu.count, `${path}.count`, limits.gpus),
    vramBytes: readInteger(gpu.vramBytes, `${path}.vramBytes`, limits.vramBytes),
    arch: readList({ items: gpu.arch, path: `${path}.arch`, max: limits.gpuArchs }, (arch, at) =>
      readText(arch, at, limits.wordLength),
    ),
  };
}
