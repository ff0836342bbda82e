// What pins results of the class `gpu`: results of two machines are compared only where all of this is the same.
import { createHash } from "node:crypto";
import { type Accelerator, canonicalJson, type Hash } from "@starling/protocol";

/** What a group of the class `gpu` has in common. The image is the task's own program, which its spec names already. */
export interface GpuGroup {
  readonly vendor: Accelerator["vendor"];
  readonly arch: string;
  readonly driver: string;
  /** Version of the container toolkit, or of what else passes the GPU on. */
  readonly toolkit: string;
}

/** The calibration that a worker offers with the class: equal for machines of one group. */
export function gpuCalibration({ vendor, arch, driver, toolkit }: GpuGroup): Hash {
  const text = canonicalJson({ vendor, arch, driver, toolkit });
  return `0x${createHash("sha256").update(`starling/gpu-class/1\n${text}`).digest("hex")}`;
}

/** The GPUs of the largest group: a worker offers one group, since an attempt must not fall on one or the other by chance. */
export function largestGroup(gpus: readonly Accelerator[]): readonly Accelerator[] {
  const groups = new Map<string, Accelerator[]>();
  for (const gpu of gpus) {
    const key = `${gpu.vendor} ${gpu.arch} ${gpu.driver}`;
    groups.set(key, [...(groups.get(key) ?? []), gpu]);
  }
  const [first = []] = [...groups]
    .sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1))
    .map(([, group]) => group);
  return first;
}
