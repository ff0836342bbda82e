// How a program's end is told to its owner: what happened in plain words, and what he can change.
import { constants } from "node:os";
import { formatSize } from "@starling/protocol";
import type { RunLimits } from "./executor.ts";

/** What the signals mean that programs die of by their own doing. */
const MEANINGS: Readonly<Record<string, string>> = {
  SIGILL: "it has an instruction that this processor does not know",
  SIGTRAP: "it stopped itself at a trap",
  SIGABRT: "it gave itself up",
  SIGBUS: "it touched memory that is not there",
  SIGFPE: "it did arithmetic that has no result",
  SIGKILL: "it was killed",
  SIGSEGV: "it touched memory that is not its own",
  SIGPIPE: "it wrote to somebody who no longer listens",
  SIGXCPU: "it used more processor time than its timeout allows",
  SIGXFSZ: "it wrote a larger file than it may",
  SIGSYS: "it made a system call that tasks may not make",
};

/** A signal by its number: "ended by signal 11 (SIGSEGV): it touched memory that is not its own". */
export function signalText(signal: number): string {
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  if (name === undefined) return `it was ended by signal ${signal}`;
  const meaning = MEANINGS[name];
  return `it was ended by signal ${signal} (${name})${meaning === undefined ? "" : `: ${meaning}`}`;
}

/** A kill for want of memory. What lies under /out counts too where it is held in memory, so its room is named beside. */
export function memoryText(
  { memoryBytes, outputBytes }: Pick<RunLimits, "memoryBytes" | "outputBytes">,
  peakMemoryBytes: number,
): string {
  const used = peakMemoryBytes > 0 ? `used ${formatSize(peakMemoryBytes)} of ` : "it may have ";
  const room = peakMemoryBytes > memoryBytes ? ` and ${formatSize(outputBytes)} for files under /out` : "";
  return `killed for memory: ${used}${formatSize(memoryBytes)}${room}; ask for more with needs.mem`;
}
