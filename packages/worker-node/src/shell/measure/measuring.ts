// Measures the machine at the start and at random later times, only while no task is here that would be slowed down.
import { errorFields, type Logger } from "@starling/node-kit";
import type { Measurements } from "@starling/protocol";
import { pause } from "../pause.ts";
import { MachineWanted } from "./spare-work.ts";

/** What measuring needs of the worker. */
export interface MeasuringParts {
  /** Asks for the machine; false where a task or the owner has it. */
  readonly begin: () => Promise<boolean>;
  /** Takes the figures; rejects when the machine is wanted meanwhile. */
  readonly measure: (signal: AbortSignal) => Promise<Measurements>;
  /** Passes figures on; false where something disturbed them. */
  readonly tell: (figures: Measurements) => Promise<boolean>;
  /** Gives the machine back where there are no figures. */
  readonly end: () => void;
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
      const waitMs = (await this.#once(signal)) ? this.#everyMs : BUSY_MS;
      await pause(waitMs, signal);
    }
  }

  // False when the machine is needed: what is measured beside a task says too little, and takes its time.
  async #once(signal: AbortSignal): Promise<boolean> {
    const { begin, measure, tell, end, logger } = this.#parts;
    try {
      if (!(await begin())) return false;
      const figures = await measure(signal);
      if (!(await tell(figures))) return false;
      logger.info("machine measured", { ...figures });
      return true;
    } catch (error) {
      end();
      if (error instanceof MachineWanted) return false;
      if (!signal.aborted) logger.warn("the machine could not be measured", errorFields(error));
      return !signal.aborted;
    }
  }
}
