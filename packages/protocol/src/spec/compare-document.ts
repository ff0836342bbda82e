// The `compare` part of trust: `exact`, one comparator for every output, or one for each output that is named.
import { type Comparator, type NumericFormat, numericFormats } from "../trust/comparator.ts";
import { nearest, suggestion } from "./problem.ts";

/** What `compare` says: for all outputs, or by the name of an output. An output without a comparator is compared exactly. */
export interface CompareDocument {
  readonly all: Comparator | null;
  readonly named: Readonly<Record<string, Comparator>>;
}

type Report = (path: readonly string[], message: string) => void;

const boundKeys = ["abs", "rel", "l2"] as const;
const comparatorKeys: readonly string[] = ["format", ...boundKeys];
const example = "{format: f32, rel: 1e-4}";
const exact: Comparator = { kind: "exact" };

/** Reads `compare`; everything wrong is reported with its path. What is returned counts only when nothing was. */
export function readCompare(found: unknown, report: Report): CompareDocument {
  const none = { all: null, named: {} };
  if (found === "exact") return none;
  if (!isMap(found)) {
    report(
      [],
      typeof found === "string" ? wordMessage(found) : `must be exact, a comparator such as ${example}, or a map`,
    );
    return none;
  }
  if (isComparator(found)) return { all: readComparator(found, [], report), named: {} };
  const named = Object.entries(found).map(([name, inner]): [string, Comparator] => {
    if (inner === "exact") return [name, exact];
    if (isMap(inner)) return [name, readComparator(inner, [name], report)];
    report([name], typeof inner === "string" ? wordMessage(inner) : `must be exact or a comparator such as ${example}`);
    return [name, exact];
  });
  return { all: null, named: Object.fromEntries(named) };
}

/** The comparators by output, with `all` spread over the outputs. Exact ones are left out, so that one meaning has one form. */
export function comparatorsOf(compare: CompareDocument, outputs: readonly string[]): Record<string, Comparator> {
  const { all, named } = compare;
  const entries = all === null ? Object.entries(named) : outputs.map((name) => [name, all] as const);
  return Object.fromEntries(entries.filter(([, { kind }]) => kind !== "exact"));
}

// A map with a word or a number for a value is a comparator: outputs have maps or the word exact.
function isComparator(found: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(found).some(
    ([key, inner]) => (key === "format" && typeof inner === "string") || typeof inner === "number",
  );
}

function readComparator(found: Readonly<Record<string, unknown>>, path: readonly string[], report: Report): Comparator {
  for (const key of Object.keys(found)) {
    if (!comparatorKeys.includes(key))
      report([...path, key], `a comparator has no key "${key}"${suggestion(key, comparatorKeys)}`);
  }
  const bound = (key: (typeof boundKeys)[number]): number => {
    const value = found[key] ?? 0;
    const problem = boundProblem(key, value);
    if (problem !== null) report([...path, key], problem);
    // Minus zero is zero, and has one form.
    return typeof value === "number" && problem === null ? value + 0 : 0;
  };
  const read = {
    kind: "numeric",
    format: formatOf(found.format, path, report),
    abs: bound("abs"),
    rel: bound("rel"),
    l2: bound("l2"),
  } as const;
  const says = boundKeys.some((key) => Object.hasOwn(found, key) && found[key] !== 0);
  if (!says) report(path, boundsMissing);
  return read;
}

/** Said of a comparator whose bounds are all zero. */
export const boundsMissing =
  "has no bound above zero: nothing but equal bytes would pass; write exact, or a bound such as rel: 1e-4";

/** Why a number cannot be a bound, or null. */
export function boundProblem(key: "abs" | "rel" | "l2", value: unknown): string | null {
  if (typeof value !== "number" || Number.isNaN(value)) return "must be a number such as 1e-4, without quotes";
  if (value < 0) return "must not be negative: it is a bound on a distance, such as 1e-4";
  if (!Number.isFinite(value)) return "must be finite: without an end everything would pass";
  if (key === "abs" || value < 1) return null;
  return `must be below 1: at ${value} any answer would pass, zeros too; write a share such as 1e-4`;
}

function formatOf(found: unknown, path: readonly string[], report: Report): NumericFormat {
  const format = numericFormats.find((known) => known === found);
  if (format !== undefined) return format;
  const formats = numericFormats.join(", ");
  if (found === undefined) report([...path, "format"], `is missing: it says how the numbers are written: ${formats}`);
  else if (found === "exact") report([...path, "format"], "is not a format: for equal bytes write compare: exact");
  else report([...path, "format"], `must be one of ${formats}${near(found)}`);
  return "f64";
}

function near(found: unknown): string {
  const word = typeof found === "string" ? nearest(found, numericFormats) : null;
  return word === null ? "" : `; did you mean "${word}"?`;
}

function wordMessage(word: string): string {
  if (word === "fingerprint") return `fingerprints are not there yet; name bounds, such as ${example}`;
  return `"${word}" is not a comparator; write exact, or ${example}`;
}

function isMap(found: unknown): found is Readonly<Record<string, unknown>> {
  return typeof found === "object" && found !== null && !Array.isArray(found);
}
