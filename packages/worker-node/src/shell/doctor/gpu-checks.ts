// What this machine's GPUs are, and why some that are in it can't be used.
import { formatSize } from "@starling/protocol";
import type { WorkerSettings } from "../../config.ts";
import { type FoundGpus, probeGpus } from "../probe/gpus.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** The doctor's lines about GPUs. A machine without any is well. */
export async function checkGpus(
  settings: Pick<WorkerSettings, "nvidiaSmi" | "rocmSmi">,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  return gpuFindings(await probeGpus({ ...settings, signal }));
}

/** One line for all that were listed, one for each that is silent, one for a tool that failed. */
export function gpuFindings({ accelerators, silent, reason }: FoundGpus): readonly Finding[] {
  const listed = accelerators.map(
    ({ model, vramBytes, arch, driver }) => `${model} with ${formatSize(vramBytes)}, ${arch}, driver ${driver}`,
  );
  const found = ok("accelerators", listed.length === 0 ? "none found" : listed.join("; "));
  const missing = silent.map(({ vendor, address, device }) =>
    warning(
      "accelerators",
      `a GPU of ${vendor} is on the bus at ${address} (device ${device}), and no tool lists it`,
      `install the driver with ${vendor === "nvidia" ? "nvidia-smi" : "rocm-smi"}, or look for what the kernel's log says of it`,
    ),
  );
  const failed =
    reason === "" ? [] : [warning("accelerators", reason, "run the tool by hand; a GPU that hangs needs its reset")];
  return [found, ...missing, ...failed];
}
