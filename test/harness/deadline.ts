// Waiting in tests: for events, never for time, and always with an end that names what did not happen.

/** Longest wait for something that must happen. Generous: the machine may be small and busy. */
export const deadlineMs = 60_000;

/** Settles as the promise does, or rejects with what was waited for; a function may say more about that by then. */
export async function within<T>(
  what: string | (() => string),
  promise: Promise<T>,
  limitMs: number = deadlineMs,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    const say = (): string => `${typeof what === "string" ? what : what()}: not within ${limitMs} ms`;
    timer = setTimeout(() => reject(new Error(say())), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** A signal for calls that take one. */
export function deadline(what: string, limitMs: number = deadlineMs): AbortSignal {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error(`${what}: not within ${limitMs} ms`)), limitMs);
  timer.unref();
  return abort.signal;
}
