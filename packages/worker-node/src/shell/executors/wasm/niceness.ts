// How far sandboxes stand behind the daemon with the machine's scheduler: more of them than cores would keep it from what it has to do.
import { getPriority, setPriority } from "node:os";

/** A step of niceness makes a process weigh so many times less. */
const STEP = 1.25;
const NICENESS_MAX = 19;

/** Niceness beyond the daemon's with which all sandboxes together weigh as much as one program for each core. */
export function nicenessOf(sandboxes: number, cores: number): number {
  const steps = Math.ceil(Math.log(sandboxes / cores) / Math.log(STEP));
  return Math.min(Math.max(steps, 0), NICENESS_MAX);
}

/** Puts a process that has just been started so far behind this one; threads that it starts from now on stand there too. */
export function standBehind(pid: number, niceness: number): void {
  if (niceness === 0) return;
  try {
    setPriority(pid, Math.min(getPriority() + niceness, NICENESS_MAX));
  } catch {
    // It has ended already, which is told elsewhere.
  }
}
