// All GPUs of this machine: those that their tools list, and those that are only seen on the bus.
import type { Accelerator } from "@starling/protocol";
import { nvidiaNumbers, nvidiaSmiArguments, parseNvidiaSmi } from "./nvidia-smi.ts";
import { type PciGpu, pciDevices, probePci } from "./pci.ts";
import { parseRocmSmi, rocmAddresses, rocmSmiArguments } from "./rocm-smi.ts";
import { callTool, type ToolAnswer } from "./tool.ts";

/** Which tools to ask. */
export interface GpuProbe {
  readonly nvidiaSmi: string;
  readonly rocmSmi: string;
  readonly signal: AbortSignal;
  /** Default: where Linux shows the bus. */
  readonly pciFolder?: string;
}

/** What was found. */
export interface FoundGpus {
  readonly accelerators: readonly Accelerator[];
  /** By what else they are known here, by uuid: NVIDIA's by their tool's number, AMD's by their address on the bus. */
  readonly places: ReadonlyMap<string, string>;
  /** On the bus, and no tool lists them: a driver or a tool is missing, or the GPU does not answer. */
  readonly silent: readonly PciGpu[];
  /** Why a tool that is installed gave no list; empty when none failed. */
  readonly reason: string;
}

/** Asks both tools and looks at the bus; never rejects. */
export async function probeGpus({ nvidiaSmi, rocmSmi, signal, pciFolder }: GpuProbe): Promise<FoundGpus> {
  const [nvidia, amd, bus] = await Promise.all([
    callTool({ command: nvidiaSmi, args: nvidiaSmiArguments, signal }),
    callTool({ command: rocmSmi, args: rocmSmiArguments, signal }),
    probePci(pciFolder ?? pciDevices),
  ]);
  const accelerators = [...listed(nvidia, parseNvidiaSmi), ...listed(amd, parseRocmSmi)];
  const reasons = [nvidia, amd].flatMap((answer) => (answer.kind === "failed" ? [answer.reason] : []));
  const places = new Map([...placed(nvidia, nvidiaNumbers), ...placed(amd, rocmAddresses)]);
  return { accelerators, places, silent: silentOf(bus, accelerators), reason: reasons.join("; ") };
}

function placed(
  answer: ToolAnswer,
  parse: (output: string) => ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return answer.kind === "said" ? parse(answer.output) : new Map();
}

function listed(answer: ToolAnswer, parse: (output: string) => Accelerator[]): readonly Accelerator[] {
  return answer.kind === "said" ? parse(answer.output) : [];
}

// By number and vendor: the tools name devices otherwise than the bus does. Processors of Intel have a small GPU that is of no use here.
function silentOf(bus: readonly PciGpu[], accelerators: readonly Accelerator[]): readonly PciGpu[] {
  return (["nvidia", "amd"] as const).flatMap((vendor) => {
    const listedOnes = accelerators.filter((one) => one.vendor === vendor).length;
    return bus.filter((one) => one.vendor === vendor).slice(listedOnes);
  });
}
