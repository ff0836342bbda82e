// NVIDIA accelerators as `nvidia-smi` reports them.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Accelerator } from "@starling/protocol";

const FIELDS = ["uuid", "name", "memory.total", "driver_version", "compute_cap"] as const;

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

/** The machine's NVIDIA GPUs; none when the tool is missing, fails or hangs. */
export async function probeNvidia(options: {
  readonly command: string;
  readonly signal: AbortSignal;
}): Promise<Accelerator[]> {
  try {
    const { stdout } = await promisify(execFile)(options.command, [...nvidiaSmiArguments], {
      timeout: PROBE_LIMIT_MS,
      signal: options.signal,
      maxBuffer: 1024 * 1024,
      env: { PATH: process.env.PATH ?? "" },
    });
    return parseNvidiaSmi(stdout);
  } catch {
    return [];
  }
}

// The tool takes about a second on a cold driver; a wedged GPU makes it hang.
const PROBE_LIMIT_MS = 10_000;
