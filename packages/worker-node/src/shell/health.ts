// A running worker looks again and again whether everything still works: a class that does not is withdrawn until it does.
import { errorFields, type Logger } from "@starling/node-kit";
import { type ClassOffer, isHash, type RuntimeClass } from "@starling/protocol";
import { takesWork } from "../core/index.ts";
import type { Finding } from "./doctor/finding.ts";
import type { WorkerEngine } from "./engine.ts";
import { problemOf } from "./executor-table.ts";
import type { Executor } from "./executors/executor.ts";

/** What is looked after, and who is told. */
export interface HealthParts {
  readonly engine: Pick<WorkerEngine, "post" | "read">;
  readonly executors: ReadonlyMap<RuntimeClass, Pick<Executor, "probe">>;
  /** What is advertised at the start. */
  readonly offers: readonly ClassOffer[];
  /** Advertises these instead. */
  readonly offer: (offers: readonly ClassOffer[]) => void;
  /** The doctor's checks that a running worker can make. */
  readonly examine: (signal: AbortSignal) => Promise<readonly Finding[]>;
  readonly logger: Logger;
}

/** One failed probe may be a busy machine. */
const TRIES = 2;
const LOOK_LIMIT_MS = 60_000;

/** Looks at once, and from then on at intervals. */
export class HealthWatch {
  readonly #parts: HealthParts;
  readonly #stopping = new AbortController();
  #offers: readonly ClassOffer[];
  /** What the doctor said last of each check that was not well. */
  #ailing = new Map<string, string>();
  #isLooking = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#offers = parts.offers;
  }

  /** The classes were probed a moment ago, so the first look is the doctor's alone. */
  start(everyMs: number): void {
    this.#look(() => this.examine());
    this.#timer = setInterval(() => this.#look(() => this.look()), everyMs);
    this.#timer.unref();
  }

  /** A look that is under way ends by itself, and changes nothing any more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#stopping.abort(new Error("the worker stops"));
  }

  /** Probes every class and lets the doctor look; tells the network what has changed. */
  async look(): Promise<void> {
    await this.reprobe();
    await this.examine();
  }

  /** Probes the classes. A machine that is at work shows by that what it can do, and one that takes none is left alone. */
  async reprobe(): Promise<void> {
    const { engine, executors, offer, logger } = this.#parts;
    if (engine.read((state) => state.presence.running.size > 0 || !takesWork(state))) return;
    const offers: ClassOffer[] = [];
    for (const { name } of this.#parts.offers) {
      const executor = executors.get(name);
      const found = executor === undefined ? null : await this.#probe(name, executor);
      if (found !== null) offers.push(found);
    }
    if (this.#stopping.signal.aborted || JSON.stringify(offers) === JSON.stringify(this.#offers)) return;
    const classes = offers.map(({ name }) => name);
    logger.warn("what this worker offers has changed", { classes: classes.join(",") });
    this.#offers = offers;
    engine.post({ type: "classesSeen", classes });
    offer(offers);
  }

  /** Says in the log what is not well, once for as long as it says the same. */
  async examine(): Promise<void> {
    const { examine, logger } = this.#parts;
    const ailing = new Map<string, string>();
    for (const { check, status, message, fix } of await examine(this.#signal())) {
      if (status === "ok" || this.#stopping.signal.aborted) continue;
      ailing.set(`${check} ${message}`, status);
      if (this.#ailing.has(`${check} ${message}`)) continue;
      logger.warn("the doctor finds something", {
        check,
        status,
        reason: message,
        ...(fix === undefined ? {} : { fix }),
      });
    }
    this.#ailing = ailing;
  }

  async #probe(name: RuntimeClass, executor: Pick<Executor, "probe">): Promise<ClassOffer | null> {
    const { logger } = this.#parts;
    for (let tries = 1; ; tries += 1) {
      const result = await executor
        .probe({ signal: this.#signal() })
        .catch((error: unknown) => ({ works: false, reason: String(error) }) as const);
      const problem = problemOf(result);
      if (problem === null && result.works && isHash(result.calibration))
        return { name, engine: result.engine, calibration: result.calibration };
      if (tries < TRIES && !this.#stopping.signal.aborted) continue;
      logger.warn("runtime class does not work any more", { class: name, reason: problem ?? "" });
      return null;
    }
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(LOOK_LIMIT_MS)]);
  }

  // Never two at once, and never the end of the worker.
  #look(work: () => Promise<void>): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void work()
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#parts.logger.warn("the doctor could not look", errorFields(error));
      })
      .finally(() => {
        this.#isLooking = false;
      });
  }
}
