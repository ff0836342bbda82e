// What the tools say of GPUs at work: how busy each is, and how much of its memory is taken.
import type { Accelerator } from "@starling/protocol";
import { rocmUses } from "../probe/rocm-smi.ts";
import { callTool } from "../probe/tool.ts";

/** One GPU at one moment. */
export interface GpuUse {
  /** Over the last moments, as the tool counts; 0 to 100. */
  readonly busyPercent: number;
  /** Taken, by whomever. */
  readonly memoryBytes: number;
}

/** Asks for all GPUs of a machine, by uuid; empty where the tool says nothing. */
export type AskUse = (signal: AbortSignal) => Promise<ReadonlyMap<string, GpuUse>>;

const NVIDIA = ["--query-gpu=uuid,utilization.gpu,memory.used", "--format=csv,noheader,nounits"];
const ROCM = ["--showuniqueid", "--showuse", "--showmeminfo", "vram", "--json"];

/** How to ask for a vendor's GPUs; never rejects. */
export function askUse(
  vendor: Accelerator["vendor"],
  { nvidiaSmi, rocmSmi }: { readonly nvidiaSmi: string; readonly rocmSmi: string },
): AskUse {
  return async (signal) => {
    const call = vendor === "amd" ? { command: rocmSmi, args: ROCM } : { command: nvidiaSmi, args: NVIDIA };
    const answer = await callTool({ ...call, signal });
    if (answer.kind !== "said") return new Map();
    return vendor === "amd" ? rocmUses(answer.output) : nvidiaUses(answer.output);
  };
}

/** Reads the lines of `nvidia-smi`. One with a figure that the GPU does not tell is left out. */
export function nvidiaUses(output: string): ReadonlyMap<string, GpuUse> {
  const uses = new Map<string, GpuUse>();
  for (const line of output.split("\n")) {
    const [uuid = "", busy = "", memoryMiB = ""] = line.split(",").map((cell) => cell.trim());
    if (!uuid.startsWith("GPU-") || !/^\d{1,3}$/.test(busy) || !/^\d{1,9}$/.test(memoryMiB)) continue;
    uses.set(uuid, { busyPercent: Math.min(Number(busy), 100), memoryBytes: Number(memoryMiB) * 2 ** 20 });
  }
  return uses;
}
