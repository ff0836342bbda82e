// What an attempt used and how its program ended, as its worker says: outside of digests and signatures, for people and for sizing requests.

/**
 * Resources that an attempt used. A claim of its worker: nothing is accepted, paid or blamed because of it. What can't be
 * measured where the attempt ran is left out.
 */
export interface Usage {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  /**
   * Steps by the fuel schedule of the runtime class, equal on every machine. Absent where none are counted. It is not in the
   * digest: another version of the schedule would make two right results differ.
   */
  readonly fuel?: number;
  /** Program and inputs. */
  readonly bytesIn?: number;
  /** What it wrote under `/out`; of some executors the declared outputs alone. */
  readonly bytesOut?: number;
  /** Absent where no GPU was used. */
  readonly gpu?: GpuUsage;
}

/** What an attempt used of its GPUs. */
export interface GpuUsage {
  /** The largest amount of device memory, over all of its GPUs; never 0. */
  readonly memoryBytes: number;
  /** How busy they were on average, 0 to 100. */
  readonly busyPercent: number;
}

/** How the program of a failed attempt ended, where it ran at all. */
export interface ProgramEnding {
  /** Absent where a signal ended it, or the sandbox did. */
  readonly exitCode?: number;
  /** The number of the signal that ended it. */
  readonly signal?: number;
  /** The kernel, or the sandbox, killed it for want of memory. */
  readonly outOfMemory?: true;
}
