// Looks at the GPUs every half minute while the worker is at work: one that hangs or is gone is no more advertised.
import type { Accelerator } from "@starling/protocol";
import { pause } from "../pause.ts";
import type { FoundGpus } from "../probe/gpus.ts";

/** What looking needs. */
export interface LookoutParts {
  /** Asks the tools. */
  readonly probe: (signal: AbortSignal) => Promise<FoundGpus>;
  /** Passes on what they list. */
  readonly tell: (found: Pick<FoundGpus, "reason"> & { readonly seen: readonly Accelerator[] }) => Promise<void>;
  /** The GPUs that may be advertised after that. */
  readonly well: () => readonly Accelerator[];
  /** Called when those are others than before. */
  readonly onChange: (well: readonly Accelerator[]) => void;
}

const EVERY_MS = 30_000;

/** The lookout of a machine that has GPUs. */
export class GpuLookout {
  readonly #parts: LookoutParts;
  readonly #everyMs: number;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #advertised = "";

  constructor(parts: LookoutParts, everyMs: number = EVERY_MS) {
    this.#parts = parts;
    this.#everyMs = everyMs;
  }

  /** Does nothing where there is no GPU to look at. */
  start(): void {
    const well = this.#parts.well();
    this.#advertised = namesOf(well);
    if (well.length > 0) this.#loop = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the worker stops"));
    await this.#loop;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { probe, tell, well, onChange } = this.#parts;
    for (;;) {
      await pause(this.#everyMs, signal);
      if (signal.aborted) return;
      const { accelerators: seen, reason } = await probe(signal);
      // What was cut off by the stop saw nothing.
      if (signal.aborted) return;
      await tell({ seen, reason });
      const now = well();
      if (namesOf(now) === this.#advertised) continue;
      this.#advertised = namesOf(now);
      onChange(now);
    }
  }
}

function namesOf(gpus: readonly Accelerator[]): string {
  return gpus.map(({ uuid }) => uuid).join(" ");
}
