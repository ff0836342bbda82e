// NVIDIA accelerators as `nvidia-smi` reports them.
import type { Accelerator } from "@starling/protocol";

const FIELDS = ["uuid", "name", "memory.total", "driver_version", "compute_cap", "index"] as const;

/** The arguments that make the tool print one line of values for each GPU. */
export const nvidiaSmiArguments: readonly string[] = [
  `--query-gpu=${FIELDS.join(",")}`,
  "--format=csv,noheader,nounits",
];

/** Reads the tool's output. A line whose memory or architecture cannot be read is left out: what isn't known isn't advertised. */
export function parseNvidiaSmi(output: string): Accelerator[] {
  const accelerators: Accelerator[] = [];
  for (const line of output.split("\n")) {
    const [uuid, model, memoryMiB, driver, capability] = line.split(",").map((cell) => cell.trim());
    if (
      uuid === undefined ||
      model === undefined ||
      memoryMiB === undefined ||
      driver === undefined ||
      capability === undefined
    )
      continue;
    const arch = /^(\d+)\.(\d+)$/.exec(capability);
    if (!uuid.startsWith("GPU-") || !/^\d+$/.test(memoryMiB) || arch === null) continue;
    accelerators.push({
      vendor: "nvidia",
      model,
      vramBytes: Number(memoryMiB) * 2 ** 20,
      arch: `sm_${arch[1]}${arch[2]}`,
      driver,
      uuid,
    });
  }
  return accelerators;
}

/** The tool's own numbers of the GPUs, by uuid; empty of a line that has none. */
export function nvidiaNumbers(output: string): ReadonlyMap<string, string> {
  const rows = output.split("\n").map((line) => line.split(",").map((cell) => cell.trim()));
  return new Map(rows.map((cells) => [cells[0] ?? "", cells[FIELDS.indexOf("index")] ?? ""]));
}
