// What the rewriter knows about a module's types.

/** A function's type as value-type bytes. */
export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** Minimum and, where given, maximum. */
export interface Limits {
  readonly minimum: number;
  readonly maximum: number | undefined;
}

/** A table's element type and limits. */
export interface Table extends Limits {
  readonly type: number;
}

/** An imported function. */
export interface Import {
  readonly namespace: string;
  readonly name: string;
  readonly type: FunctionType;
}

/** An export by name. */
export interface Export {
  readonly name: string;
  readonly kind: number;
  /** Among the things of its kind, imported ones first. */
  readonly index: number;
}
