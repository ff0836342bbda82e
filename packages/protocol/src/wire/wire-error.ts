// The one error of decoding: a peer sent bytes that are no message, or a message that breaks a bound.

/** Thrown by every decoder of this package, and by nothing else in it. Whoever sent the bytes is at fault. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code = "badFrame";
  /** The field at fault, dotted. */
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
  }
}

/** Runs a decoder of the generated code; whatever it throws becomes a `WireError`. */
export function decodeWith<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError(what, error instanceof Error ? error.message : "malformed");
  }
}
