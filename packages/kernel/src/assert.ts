// Assertions stay on in production: a broken invariant stops the process, since wrong state with money in it must not go on.

/** A programmer's error, never a user's. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Stops the process's turn unless the condition holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Narrows away `undefined` and `null` where the code knows that a value is there. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new AssertionError(`${what} is missing`);
  return value;
}

/** Makes a switch exhaustive: the compiler rejects a call that can be reached. */
export function assertNever(value: never, what: string): never {
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? part.toString() : part));
  throw new AssertionError(`unexpected ${what}: ${text}`);
}
