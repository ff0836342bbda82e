// The outcome of reading text: a value, or a sentence that says what was expected and gives an example.

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** The text was understood. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** The text was not understood. */
export function unparsed(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
