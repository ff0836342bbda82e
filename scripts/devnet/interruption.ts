// Ctrl-C, termination and a closed terminal: the first one asks for an orderly end, a second one ends at once.

/** The signal that aborts, and the exit code that stands for what came. */
export interface Interruption {
  readonly signal: AbortSignal;
  readonly code: () => number;
}

const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** The user wants to stop. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** Begins to listen. Children end with this process, so that an end at once leaves nothing behind either. */
export function interruption(): Interruption {
  const abort = new AbortController();
  let code = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      // A terminal and a parent process may both send the first one.
      if (abort.signal.aborted && performance.now() - at > twiceMs) process.exit(codes[name]);
      if (abort.signal.aborted) return;
      at = performance.now();
      code = codes[name];
      abort.abort(new InterruptedError(`stopped by ${name}`));
    });
  }
  let at = 0;
  return { signal: abort.signal, code: () => code };
}

const twiceMs = 300;
