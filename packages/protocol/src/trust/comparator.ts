// How two versions of one output are compared. What a comparator does is in `comparison.ts`; this is what a spec says.

/** How the numbers of an output are written: little-endian tensors without a header, NumPy's files, or JSON. */
export const numericFormats = ["f32", "f64", "npy", "json"] as const;

/** One of `numericFormats`. */
export type NumericFormat = (typeof numericFormats)[number];

/** As numbers within bounds. A bound of zero is not looked at; at least one is above zero. */
export interface NumericComparator {
  readonly kind: "numeric";
  readonly format: NumericFormat;
  /** Each pair may differ by `abs + rel * max(|a|, |b|)`, if one of the two is above zero. */
  readonly abs: number;
  readonly rel: number;
  /** Most of the L2 norm of the difference over that of the reference. */
  readonly l2: number;
}

/** Byte by byte, or as numbers. */
export type Comparator = { readonly kind: "exact" } | NumericComparator;
