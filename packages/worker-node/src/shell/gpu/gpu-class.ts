// What pins results of the class `gpu`: results of two machines are compared only where all of this is the same.
import { createHash } from "node:crypto";
import { type Accelerator, canonicalJson, type Hash } from "@starling/protocol";

/** What a group of the class `gpu` has in common. The image is the task's own program, which its spec names already. */
export interface GpuGroup {
  readonly gpu: Pick<Accelerator, "vendor" | "model" | "arch" | "driver">;
  /** Version of the container toolkit, or of what else passes the GPU on. */
  readonly toolkit: string;
  /** What programs are asked to do in the same way each time. */
  readonly flags: Readonly<Record<string, string>>;
  /** Calibration of the machine without its GPU: a program of the class computes on the processor too. */
  readonly machine: string;
}

/** The calibration that a worker offers with the class: equal for machines of one group. */
export function gpuCalibration({ gpu, toolkit, flags, machine }: GpuGroup): Hash {
  const { vendor, arch, driver } = gpu;
  // Libraries choose how to add up by the number of processors of a GPU, in which models of one architecture differ.
  const text = canonicalJson({ vendor, model: gpu.model, arch, driver, toolkit, flags, machine });
  return `0x${createHash("sha256").update(`starling/gpu-class/1\n${text}`).digest("hex")}`;
}

/** The GPUs of the largest group: a worker offers one group, since an attempt must not fall on one or the other by chance. */
export function largestGroup(gpus: readonly Accelerator[]): readonly Accelerator[] {
  const groups = new Map<string, Accelerator[]>();
  for (const gpu of gpus) {
    const key = [gpu.vendor, gpu.model, gpu.arch, gpu.driver].join("\n");
    groups.set(key, [...(groups.get(key) ?? []), gpu]);
  }
  const [first = []] = [...groups]
    .sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1))
    .map(([, group]) => group);
  return first;
}
