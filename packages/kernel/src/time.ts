// Durations and moments in milliseconds. There is no clock here: time enters a core as a value.

/** Milliseconds: a moment since the Unix epoch, or a duration, as the name of the field says. */
export type Millis = number;

export const second: Millis = 1_000;
export const minute: Millis = 60 * second;
export const hour: Millis = 60 * minute;
export const day: Millis = 24 * hour;

/** The earlier of two moments, where null means never. */
export function earliest(a: Millis | null, b: Millis | null): Millis | null {
  if (a === null) return b;
  if (b === null) return a;
  return a < b ? a : b;
}
