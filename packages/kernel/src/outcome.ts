// The answer to one input: expected refusals are values with a code, not exceptions.

/** Taken, with a value that the caller may wait for. */
export interface Accepted {
  readonly ok: true;
  readonly value?: unknown;
}

/** Refused. `code` stands in the table of error codes; `message` says what, why and what to try. */
export interface Rejected {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  /** Which fields of the input are at fault, as dotted paths. */
  readonly fields?: readonly { readonly field: string; readonly description: string }[];
}

export type Outcome = Accepted | Rejected;

/** The input was taken. */
export function accepted(value?: unknown): Accepted {
  return value === undefined ? { ok: true } : { ok: true, value };
}

/** The input was refused for a reason that the sender can act on. */
export function rejected(code: string, message: string, fields?: Rejected["fields"]): Rejected {
  return fields === undefined ? { ok: false, code, message } : { ok: false, code, message, fields };
}
