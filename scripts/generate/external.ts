// Generated files whose sources need a compiler: their owners know how to say whether they are fresh.

/** A check that ends with zero when the files are fresh; `argv` goes to Node, relative to the root. */
export interface ExternalCheck {
  readonly name: string;
  readonly argv: readonly string[];
  /** The command that makes the files anew. */
  readonly mend: string;
}

/** All checks of that kind. They compare fingerprints and compile nothing, since a cold compile takes a minute. */
export const externalChecks: readonly ExternalCheck[] = [
  { name: "contracts", argv: ["contracts/script/check-generated.ts"], mend: "node contracts/script/generate.ts" },
  { name: "vectors", argv: ["contracts/script/vectors.ts", "--check"], mend: "node contracts/script/vectors.ts" },
  { name: "examples", argv: ["examples/build.ts", "--check"], mend: "npm run ts examples/build.ts" },
];
