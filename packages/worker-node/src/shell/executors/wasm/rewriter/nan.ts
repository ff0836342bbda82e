// Which instructions may make a NaN, whose bits differ between processors, and which don't let anybody see them.

/** The type of what an instruction leaves. */
export type FloatType = "f32" | "f64" | "f32x4" | "f64x2";

const RANGES: readonly (readonly [from: number, to: number, type: FloatType])[] = [
  [0x8d, 0x97, "f32"], // rounding, sqrt, add, sub, mul, div, min, max
  [0x9b, 0xa5, "f64"],
  [0xb6, 0xb6, "f32"], // demote
  [0xbb, 0xbb, "f64"], // promote
  [0xfd5e, 0xfd5e, "f32x4"], // demote
  [0xfd5f, 0xfd5f, "f64x2"], // promote
  [0xfd67, 0xfd6a, "f32x4"], // rounding
  [0xfd74, 0xfd75, "f64x2"],
  [0xfd7a, 0xfd7a, "f64x2"],
  [0xfd94, 0xfd94, "f64x2"],
  [0xfde3, 0xfde9, "f32x4"], // sqrt, add, sub, mul, div, min, max
  [0xfdef, 0xfdf5, "f64x2"],
];

const MADE: ReadonlyMap<number, FloatType> = new Map(
  RANGES.flatMap(([from, to, type]) =>
    Array.from({ length: to - from + 1 }, (_, i): [number, FloatType] => [from + i, type]),
  ),
);

/** The type of the NaN that this instruction may leave; undefined for those that leave none, or one that came in. */
export function nanMadeBy(code: number): FloatType | undefined {
  return MADE.get(code);
}

/**
 * Whether the next instruction takes the value and shows nothing of a NaN but that it is one: comparisons, truncations, and
 * arithmetic, which leaves another NaN that is looked at in its turn.
 */
export function hidesNan(code: number, type: FloatType): boolean {
  if (MADE.has(code)) return true;
  if (type === "f32") return (code >= 0x5b && code <= 0x60) || [0xa8, 0xa9, 0xae, 0xaf].includes(code);
  if (type === "f64") return (code >= 0x61 && code <= 0x66) || [0xaa, 0xab, 0xb0, 0xb1].includes(code);
  return false;
}
