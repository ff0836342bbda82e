// All keys of the job document: those that work, and those that are part of the grammar and refused until they do.
import { type Problem, pathOf, suggestion } from "./problem.ts";

/** A place in the grammar. `later` says what is missing and what to write instead. */
export type GrammarNode =
  | { readonly kind: "value" }
  | { readonly kind: "names" }
  | { readonly kind: "keys"; readonly keys: Readonly<Record<string, GrammarNode>> }
  | { readonly kind: "later"; readonly message: string };

const value: GrammarNode = { kind: "value" };
/** A map whose keys the author chooses. */
const names: GrammarNode = { kind: "names" };
const keys = (table: Readonly<Record<string, GrammarNode>>): GrammarNode => ({ kind: "keys", keys: table });
const later = (missing: string, instead: string): GrammarNode => ({
  kind: "later",
  message: `${missing} not there yet; ${instead}`,
});

const instead = "use run.wasm, which every worker runs, or run.process: {program: ./program}";
const run = keys({
  wasm: value,
  process: keys({
    program: value,
    root: value,
  }),
  args: value,
  env: names,
  image: keys({ archive: value }),
  command: later("commands without a program of their own are", "use run.process: {program: ./script.sh}"),
  builtin: later("built-in programs are", instead),
});

const needs = keys({
  cpu: value,
  mem: value,
  disk: value,
  gpu: keys({ count: value, vram: value, arch: value }),
  net: value,
  hosts: value,
});

const limits = keys({ fuel: value, nan: value });

const place = "placement by region, operator or hardware is";

/** The whole document. */
const grammar: GrammarNode = keys({
  version: value,
  name: value,
  labels: names,
  run,
  class: value,
  needs,
  inputs: names,
  outputs: names,
  each: keys({
    matrix: names,
    exclude: value,
    range: value,
    shard: later("shards of an input are", "split the file yourself, name the parts as inputs, and use each.range"),
    items: later("tasks for the rows of a file are", "list the values in each.matrix"),
    halving: later("early stopping is", "run the whole each.matrix"),
  }),
  reduce: keys({
    run,
    class: value,
    needs,
    outputs: names,
    timeout: value,
    limits,
    tree: later("reducing in a tree is", "leave it out: one task reads all outputs"),
  }),
  trust: keys({
    level: value,
    replicas: value,
    audit: value,
    distinct: value,
    value,
    // Either a comparator or a map by output: which one, only its reader can tell.
    compare: names,
    verify: later("checks by fingerprint are", "use replicas and compare"),
    segment: later("checks of one segment of training are", "use audit: every audited task is run whole"),
  }),
  budget: keys({ max: value, perTask: value }),
  deadline: value,
  priority: value,
  retry: keys({
    max: value,
    quarantine: later(
      "the number of failures that quarantine a task is",
      "leave it out: it is three distinct operators",
    ),
    maxFailed: later("jobs that complete with failed tasks are", "leave it out: every task must succeed"),
    on: later("rules for exit codes are", "leave it out: any exit code but zero is a failure"),
  }),
  timeout: value,
  limits,
  seed: value,
  referees: value,
  steps: later("pipelines of steps are", "submit one job for each step and pass its outputs on as cid: inputs"),
  after: later("the order of steps is", "submit one job for each step"),
  rounds: later("training in rounds is", "submit one job for each round"),
  serve: later("services are", "submit a job that ends"),
  checkpoint: keys({ maxSize: value, every: value, grace: value }),
  place: later(place, "say what a task needs in needs"),
  data: later("encrypted data is", "do not submit secrets: workers see inputs and outputs"),
  confirm: later("re-running the winners is", "run all of it with trust: strong"),
});

/** Every key that the grammar does not know, and every one that is not there yet. */
export function grammarProblems(document: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  visit(document, { node: grammar, path: [] }, problems);
  return problems;
}

function visit(
  found: unknown,
  at: { readonly node: GrammarNode; readonly path: readonly string[] },
  problems: Problem[],
): void {
  if (at.node.kind === "later") {
    problems.push({ path: pathOf(at.path), message: at.node.message });
    return;
  }
  // A wrong type is the schema's business, not the grammar's.
  if (typeof found !== "object" || found === null || Array.isArray(found)) return;
  if (at.node.kind === "names" && Object.hasOwn(found, "__proto__")) {
    problems.push({ path: pathOf([...at.path, "__proto__"]), message: "the name __proto__ is not allowed" });
  }
  if (at.node.kind !== "keys") return;
  for (const [key, inner] of Object.entries(found)) {
    const path = [...at.path, key];
    const node = Object.hasOwn(at.node.keys, key) ? at.node.keys[key] : undefined;
    if (node === undefined) {
      const where = at.path.length === 0 ? "" : ` in ${pathOf(at.path)}`;
      problems.push({
        path: pathOf(path),
        message: `there is no key "${key}"${where}${suggestion(key, Object.keys(at.node.keys))}`,
      });
    } else {
      visit(inner, { node, path }, problems);
    }
  }
}
