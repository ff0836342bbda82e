// When a daemon ends: on a signal, or when whoever started it is gone. It stops in order once, and at once when asked twice.
import type { Readable } from "node:stream";
import { errorFields, type Logger } from "./logger.ts";
import type { Services } from "./services.ts";

/** Environment variable; `stdin` ties the daemon's life to its standard input. */
export const lifelineVariable = "STARLING_LIFELINE";

/** Why a daemon stops. */
export type StopCause = "SIGINT" | "SIGTERM" | "lifeline";

/** What tells a daemon to stop. */
export interface StopSources {
  /** The process's signals. */
  readonly signals: {
    on(name: "SIGINT" | "SIGTERM", listener: () => void): unknown;
    off(name: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  };
  /** The standard input, when the daemon's life is tied to it. */
  readonly lifeline: Readable | null;
  /** Ends the process without further ado. */
  readonly exit: (code: number) => void;
}

/** Options of `runUntilStopped`. */
export interface RunOptions {
  readonly logger: Logger;
  /** Called once everything runs; what a starter reads from standard output is written here. */
  readonly onStarted?: () => void;
  /** Called before the parts are stopped, while all of them still run; a worker drains here. A second signal cuts it short. */
  readonly onStopping?: (cause: StopCause) => Promise<void>;
  /** Default: this process. */
  readonly sources?: StopSources;
}

const EXIT_CODES: Readonly<Record<StopCause, number>> = { SIGINT: 130, SIGTERM: 143, lifeline: 1 };

/** The sources of this process. */
export function processStopSources(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): StopSources {
  return {
    signals: process,
    lifeline: environment[lifelineVariable] === "stdin" ? process.stdin : null,
    exit: (code) => process.exit(code),
  };
}

/** Starts the parts, waits for a reason to stop, stops them in order. Resolves to 0, or to 1 when a part did not stop; throws when one did not start. */
export async function runUntilStopped(services: Services, options: RunOptions): Promise<number> {
  const { logger } = options;
  const watch = watchForStop(options.sources ?? processStopSources());
  try {
    // A reason that comes during the start gives the start up.
    const started = services.start().then(() => null);
    const early = await Promise.race([started, watch.cause]);
    if (early === null) {
      options.onStarted?.();
      const cause = await watch.cause;
      logger.info("daemon stops", { cause });
      await options.onStopping?.(cause).catch((error: unknown) => {
        logger.warn("preparation of the stop failed", errorFields(error));
      });
    } else {
      logger.info("daemon stops", { cause: early });
      started.catch(() => undefined);
    }
    return (await services.stop()).length === 0 ? 0 : 1;
  } finally {
    watch.end();
  }
}

// The first reason resolves, the second ends the process: somebody has lost his patience, or everybody is gone.
function watchForStop(sources: StopSources): { readonly cause: Promise<StopCause>; end(): void } {
  const { signals, lifeline, exit } = sources;
  let tell: (cause: StopCause) => void = () => undefined;
  const cause = new Promise<StopCause>((resolve) => {
    tell = resolve;
  });
  let isTold = false;
  const stop = (reason: StopCause): void => {
    if (isTold && reason !== "lifeline") exit(EXIT_CODES[reason]);
    isTold = true;
    tell(reason);
  };
  const onInterrupt = (): void => stop("SIGINT");
  const onTerminate = (): void => stop("SIGTERM");
  const onEnd = (): void => stop("lifeline");
  signals.on("SIGINT", onInterrupt);
  signals.on("SIGTERM", onTerminate);
  if (lifeline !== null) {
    lifeline.on("end", onEnd).on("close", onEnd).on("error", onEnd);
    // Nothing is read from it, but its end is only noticed while it flows.
    lifeline.resume();
  }
  return {
    cause,
    end: () => {
      signals.off("SIGINT", onInterrupt);
      signals.off("SIGTERM", onTerminate);
      lifeline?.off("end", onEnd).off("close", onEnd).off("error", onEnd);
      lifeline?.pause();
    },
  };
}
