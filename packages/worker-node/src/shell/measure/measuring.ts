// Measures the machine at the start and at random later times, only while no task is here that would be slowed down.
import { errorFields, type Logger } from "@starling/node-kit";
import type { Measurements } from "@starling/protocol";
import { pause } from "../pause.ts";

/** What measuring needs of the worker. */
export interface MeasuringParts {
  /** Takes the figures. */
  readonly measure: (signal: AbortSignal) => Promise<Measurements>;
  /** Whether no task is here. */
  readonly isIdle: () => boolean;
  /** Passes figures on. */
  readonly tell: (figures: Measurements) => void;
  readonly logger: Logger;
}

/** A worker that is never idle is looked at again so often. */
const BUSY_MS = 60_000;

/** Measures until it is stopped: at once, then each time between half of the interval and all of it. */
export class Measuring {
  readonly #parts: MeasuringParts;
  readonly #everyMs: number;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  /** An interval of 0 measures never. */
  constructor(parts: MeasuringParts, everyMs: number) {
    this.#parts = parts;
    this.#everyMs = everyMs;
  }

  start(): void {
    if (this.#everyMs > 0) this.#loop = this.#run(this.#stopping.signal);
  }

  /** Ends a measurement that is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the worker stops"));
    await this.#loop;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = this.#parts.isIdle() && (await this.#once(signal)) ? this.#everyMs : BUSY_MS;
      await pause(waitMs, signal);
    }
  }

  // False when a task came meanwhile: what was measured beside it says too little.
  async #once(signal: AbortSignal): Promise<boolean> {
    const { measure, isIdle, tell, logger } = this.#parts;
    try {
      const figures = await measure(signal);
      if (!isIdle()) return false;
      tell(figures);
      logger.info("machine measured", { ...figures });
      return true;
    } catch (error) {
      if (!signal.aborted) logger.warn("the machine could not be measured", errorFields(error));
      return !signal.aborted;
    }
  }
}
