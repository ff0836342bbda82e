// What the figures were measured on: without it they mean nothing.
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** The machine, as far as it matters. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
  /** Load averages when the run began: others may have worked beside it. */
  readonly load: readonly number[];
}

/** Looks at this machine. */
export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    load: loadavg().map((one) => Math.round(one * 100) / 100),
  };
}

/** One line. */
export function machineLine({ cores, cpu, memoryGiB, node, load }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}, load ${load.map((one) => one.toFixed(2)).join(" ")}`;
}
