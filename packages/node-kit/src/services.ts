// The parts of a daemon, started in the order in which they are written and stopped in reverse, each within a time limit.
import type { Millis } from "@starling/kernel";
import { type Clock, systemClock } from "./clock.ts";
import { errorFields, type Logger, silentLogger } from "./logger.ts";

/** One part of a daemon. */
export interface Service {
  readonly name: string;
  /** Resolves when others may use it. The signal aborts when the start takes too long or is given up. */
  start(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Finishes what was begun and frees what is held. Never called before `start` resolved. */
  stop(): Promise<void>;
  /** Default 30 seconds. */
  readonly startMs?: Millis;
  /** Default 10 seconds. */
  readonly stopMs?: Millis;
}

const START_MS = 30_000;
const STOP_MS = 10_000;

/** A part that did not start, stop or answer in time; the message names it. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly service: string;

  constructor(service: string, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.service = service;
  }
}

/** Starts and stops parts. Use it once. */
export class Services {
  readonly #services: readonly Service[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #started: Service[] = [];
  readonly #abort = new AbortController();
  #stopping: Promise<readonly ServiceError[]> | undefined;

  constructor(deps: { readonly clock?: Clock; readonly logger?: Logger }, services: readonly Service[]) {
    this.#clock = deps.clock ?? systemClock;
    this.#logger = deps.logger ?? silentLogger;
    this.#services = services;
  }

  /** Starts all in order. When one fails, those before it are stopped and a `ServiceError` is thrown. */
  async start(): Promise<void> {
    for (const service of this.#services) {
      if (this.#abort.signal.aborted)
        throw new ServiceError(service.name, `${service.name} was not started: the daemon stops`);
      try {
        await this.#startOne(service);
      } catch (error) {
        await this.stop();
        throw error instanceof ServiceError
          ? error
          : new ServiceError(service.name, `${service.name} did not start: ${messageOf(error)}`, { cause: error });
      }
    }
  }

  /** Stops in reverse whatever was started; goes on when one fails, and resolves to the failures. Safe to call twice. */
  stop(): Promise<readonly ServiceError[]> {
    this.#abort.abort(new Error("the daemon stops"));
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #startOne(service: Service): Promise<void> {
    const limitMs = service.startMs ?? START_MS;
    const late = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, late.signal]);
    const beganMs = this.#clock.monotonicMs();
    const timeout = this.#timeout(service.name, `${service.name} did not start within ${limitMs} ms`, limitMs);
    try {
      await Promise.race([service.start({ signal }), timeout.promise]);
    } catch (error) {
      late.abort(error);
      throw error;
    } finally {
      timeout.cancel();
    }
    this.#started.push(service);
    this.#logger.info("service started", {
      service: service.name,
      durationMs: Math.round(this.#clock.monotonicMs() - beganMs),
    });
  }

  async #stopAll(): Promise<readonly ServiceError[]> {
    const failures: ServiceError[] = [];
    for (let service = this.#started.pop(); service !== undefined; service = this.#started.pop()) {
      const limitMs = service.stopMs ?? STOP_MS;
      const timeout = this.#timeout(service.name, `${service.name} did not stop within ${limitMs} ms`, limitMs);
      try {
        await Promise.race([service.stop(), timeout.promise]);
        this.#logger.info("service stopped", { service: service.name });
      } catch (error) {
        this.#logger.error("service did not stop", { service: service.name, ...errorFields(error) });
        failures.push(
          error instanceof ServiceError
            ? error
            : new ServiceError(service.name, `${service.name} did not stop: ${messageOf(error)}`, { cause: error }),
        );
      } finally {
        timeout.cancel();
      }
    }
    return failures;
  }

  #timeout(service: string, message: string, limitMs: Millis): { readonly promise: Promise<never>; cancel(): void } {
    let cancel = (): void => undefined;
    const promise = new Promise<never>((_resolve, reject) => {
      cancel = this.#clock.after(limitMs, () => reject(new ServiceError(service, message)));
    });
    return { promise, cancel: () => cancel() };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
