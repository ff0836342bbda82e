// From text to a job document: every problem at once, each with its path and what to write instead.
import { isMap, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { filledLengthMax, knownVariables, taskCount } from "../expand.ts";
import type { Each } from "../job.ts";
import { limits } from "../limits.ts";
import { formatSize } from "../size.ts";
import { variablesOf } from "../template.ts";
import { documentDefaults } from "./defaults.ts";
import type { JobDocument, RunDocument, StepDocument } from "./document.ts";
import { engineProblems, runOf } from "./engine.ts";
import { grammarProblems } from "./grammar.ts";
import { type Problem, pathOf, suggestion } from "./problem.ts";
import { type DocumentShape, documentSchema } from "./schema.ts";
import { compareProblem, withComparators } from "./trust-document.ts";

/** A document, or everything that is wrong with it. */
export type ParsedDocument =
  | { readonly ok: true; readonly document: JobDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Aliases are for writing less, not for bombs. */
const ALIASES_MAX = 50;
const PROBLEMS_MAX = 50;

/** Reads YAML 1.2 (core schema) or JSON. */
export function parseJobDocument(text: string): ParsedDocument {
  if (text.length > limits.specBytes) return wrong("", `a job document has at most ${formatSize(limits.specBytes)}`);
  const lines = new LineCounter();
  const yaml = parseDocument(text, { schema: "core", version: "1.2", lineCounter: lines, prettyErrors: false });
  const [error] = yaml.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    return wrong("", `line ${line}, column ${col}: ${error.message}`);
  }
  if (!isMap(yaml.contents)) return wrong("", 'the document must be a map that starts with "version: 1"');
  return readDocument(toPlain(yaml));
}

/** Reads a document that is already a plain value, such as parsed JSON. */
export function readDocument(found: unknown): ParsedDocument {
  if (found === null) return wrong("", "the document repeats itself by aliases too often");
  const grammar = grammarProblems(found);
  const shape = documentSchema.safeParse(found);
  if (!shape.success || grammar.length > 0) {
    const issues = shape.success ? [] : shape.error.issues.map((issue) => problemOf(issue, found));
    return { ok: false, problems: merged(grammar, issues).slice(0, PROBLEMS_MAX) };
  }
  const engines = engineProblems(shape.data);
  if (engines.length > 0) return { ok: false, problems: engines };
  const document = documentOf(shape.data);
  const problems = [...crossProblems(document), ...trustProblems(shape.data)];
  return problems.length > 0 ? { ok: false, problems: problems.slice(0, PROBLEMS_MAX) } : { ok: true, document };
}

function toPlain(yaml: ReturnType<typeof parseDocument>): unknown {
  try {
    return yaml.toJS({ maxAliasCount: ALIASES_MAX });
  } catch {
    // The library throws when aliases multiply.
    return null;
  }
}

function wrong(path: string, message: string): ParsedDocument {
  return { ok: false, problems: [{ path, message }] };
}

// Where the grammar has spoken, a missing key is no news: `run: {image: ...}` lacks `wasm` because of the image.
function merged(grammar: readonly Problem[], issues: readonly (Problem & { missing: boolean })[]): readonly Problem[] {
  if (grammar.length === 0) return issues.map(({ path, message }) => ({ path, message }));
  const spoken = grammar.map(({ path }) => path);
  const rest = issues.filter(({ path, missing }) => !missing && !spoken.some((known) => known.startsWith(path)));
  return [...grammar, ...rest.map(({ path, message }) => ({ path, message }))];
}

function problemOf(issue: z.core.$ZodIssue, found: unknown): Problem & { missing: boolean } {
  const missing = issue.path.length > 0 && valueAt(found, issue.path) === undefined;
  const path = pathOf(issue.path.map((part) => (typeof part === "number" ? part : String(part))));
  const key = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;
  if (key !== undefined) return { path, message: `the name ${key}`, missing };
  return { path, message: missing ? `is missing: it ${issue.message}` : issue.message, missing };
}

// Own members only: a document must not reach the prototype of anything.
function valueAt(found: unknown, path: readonly PropertyKey[]): unknown {
  let at = found;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

// From the keys that authors write to the names that the code uses.
function documentOf(shape: DocumentShape): JobDocument {
  const { version, name, labels, trust, budget, priority, seed, referees } = shape;
  return {
    version,
    name,
    labels,
    map: { ...stepOf(shape), checkpoint: shape.checkpoint },
    each: shape.each ?? { kind: "single" },
    inputs: Object.entries(shape.inputs).map(([input, source]) => ({ name: input, source })),
    reduce: shape.reduce === null ? null : stepOf(shape.reduce),
    trust: withComparators(trust, outputNames(shape)),
    budget,
    deadlineMs: shape.deadline,
    priority,
    seed,
    retryMax: shape.retry.max,
    referees,
  };
}

function stepOf(
  shape: Pick<DocumentShape, "run" | "class" | "needs" | "outputs" | "timeout" | "limits">,
): StepDocument {
  return {
    ...runOf(shape),
    needs: shape.needs,
    outputs: shape.outputs,
    timeoutMs: shape.timeout,
    fuel: shape.limits.fuel,
    nan: shape.limits.nan,
    checkpoint: null,
  };
}

// A comparator holds for the output of its name, in the map step and in reduce alike.
function outputNames({ outputs, reduce }: DocumentShape): readonly string[] {
  return [...new Set([...outputs, ...(reduce?.outputs ?? [])].map(({ name }) => name))];
}

function trustProblems(shape: DocumentShape): readonly Problem[] {
  const problem = compareProblem(shape.trust, outputNames(shape));
  if (problem === null) return [];
  return [
    { path: pathOf(["trust", "compare", ...(problem.name === "" ? [] : [problem.name])]), message: problem.message },
  ];
}

/** What only shows when parts are seen together: times, variables, and a reduce that has too much or nothing to read. */
function crossProblems(document: JobDocument): readonly Problem[] {
  const problems = runProblems(document.map.run, {
    at: ["run"],
    known: knownVariables(document.each),
    each: document.each,
  });
  problems.push(...timeProblems(document));
  const { reduce } = document;
  if (reduce === null) return problems;
  const more = runProblems(reduce.run, { at: ["reduce", "run"], known: ["index", "seed"], each: null });
  if (document.map.outputs.length === 0)
    more.push({ path: "outputs", message: "reduce has nothing to read: name at least one output" });
  const clash = document.inputs.find(({ name }) => document.map.outputs.some((output) => output.name === name));
  if (clash !== undefined) {
    const message = "an input and an output can't share this name: reduce would read both under it";
    more.push({ path: pathOf(["outputs", clash.name]), message });
  }
  const inputs = document.inputs.length + taskCount(document.each) * document.map.outputs.length;
  if (inputs > limits.taskInputs) {
    more.push({
      path: "reduce",
      message: `reduce would read ${inputs} files; one task reads at most ${limits.taskInputs}`,
    });
  }
  return [...problems, ...more];
}

// The usual timeout is a cap that need not be reached; one that somebody wrote down was meant.
function timeProblems({ map, reduce, deadlineMs }: JobDocument): readonly Problem[] {
  const steps = [["timeout", map] as const, ...(reduce === null ? [] : [["reduce.timeout", reduce] as const])];
  return steps
    .filter(([, { timeoutMs }]) => timeoutMs > deadlineMs && timeoutMs !== documentDefaults.timeoutMs)
    .map(([path]) => ({
      path,
      message: "is longer than the job's deadline, at which every task ends: lower it, or raise deadline",
    }));
}

interface RunPlace {
  readonly at: readonly string[];
  readonly known: readonly string[];
  readonly each: Each | null;
}

function runProblems(run: RunDocument, place: RunPlace): Problem[] {
  const problems: Problem[] = [];
  const check = (template: string, path: readonly (string | number)[]): void => {
    for (const name of variablesOf(template)) {
      if (!place.known.includes(name))
        problems.push({ path: pathOf([...place.at, ...path]), message: unknownVariable(name, place) });
    }
  };
  for (const [i, template] of run.args.entries()) check(template, ["args", i]);
  for (const [name, template] of Object.entries(run.env)) check(template, ["env", name]);
  const length = filledLengthMax(run, place.each);
  if (length > limits.stepTextLength) {
    const message = `arguments and environment come to ${length} characters; they have at most ${limits.stepTextLength}: put it into an input file`;
    problems.push({ path: pathOf([...place.at, "args"]), message });
  }
  return problems;
}

function unknownVariable(name: string, place: RunPlace): string {
  const shown = `\${${name}}`;
  if (name.startsWith("shard."))
    return `${shown} needs each.shard, which is not there yet; name the file as an input instead`;
  if (name.startsWith("steps."))
    return `${shown} needs steps, which are not there yet; use the cid: of a finished job's output`;
  if (name.startsWith("item") && place.each === null) return `${shown} has no meaning in reduce, which is one task`;
  return `there is no variable ${shown} here${suggestion(name, place.known)}`;
}
