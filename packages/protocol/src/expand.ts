// Decomposition without a list: how many tasks a spec has, and what the task at an index is. A million tasks cost nothing until asked.
import { assert, present } from "@starling/kernel";
import type { Each, JobSpec, StepSpec } from "./job.ts";
import { matrixExpansion } from "./matrix.ts";
import { fillTemplate, variablesOf } from "./template.ts";
import type { ArtifactRef, TaskProgram } from "./work-message.ts";

/** Name of the step that `each` decomposes. */
export const mapStep = "map";
/** Name of the step that combines the map step's outputs. */
export const reduceStep = "reduce";

/** Number of tasks of the map step. */
export function taskCount(each: Each): number {
  switch (each.kind) {
    case "single":
      return 1;
    case "range":
      return each.last - each.first + 1;
    case "matrix":
      return matrixExpansion(each).count;
  }
}

/** The values that a task's templates see: `item.<axis>` in a matrix, `item` in a range. First axis of a matrix varies slowest. */
export function itemAt(each: Each, index: number): Readonly<Record<string, string>> {
  assert(Number.isInteger(index) && index >= 0 && index < taskCount(each), `there is no task ${index}`);
  switch (each.kind) {
    case "single":
      return {};
    case "range":
      return { item: String(each.first + index) };
    case "matrix": {
      const digits = matrixExpansion(each).digitsAt(index);
      return Object.fromEntries(
        each.axes.map((axis, i) => [`item.${axis.name}`, present(axis.values[digits[i] ?? -1], "matrix value")]),
      );
    }
  }
}

/** The map task at an index, its arguments filled in. */
export function taskAt(spec: JobSpec, index: number): TaskProgram {
  return programOf(spec.map, {
    variables: { ...itemAt(spec.each, index), index: String(index) },
    inputs: spec.inputs,
    seed: spec.seed,
  });
}

/**
 * The reduce task; null when the job has none. It reads the job's own inputs and the accepted outputs of all map tasks, named
 * `<output>/<index>`, in the order of their indices.
 */
export function reduceTask(spec: JobSpec, results: readonly (readonly ArtifactRef[])[]): TaskProgram | null {
  if (spec.reduce === null) return null;
  const outcomes = results.flatMap((outputs, index) =>
    outputs.map((output) => ({ ...output, name: `${output.name}/${index}` })),
  );
  const inputs = [...spec.inputs, ...outcomes];
  return programOf(spec.reduce, { variables: { index: "0" }, inputs, seed: spec.seed });
}

/** Names of the variables that a step's templates may use. */
export function knownVariables(each: Each): readonly string[] {
  switch (each.kind) {
    case "single":
      return ["index", "seed"];
    case "range":
      return ["item", "index", "seed"];
    case "matrix":
      return [...each.axes.map((axis) => `item.${axis.name}`), "index", "seed"];
  }
}

/** Most characters that a step's arguments and environment can have in any task, with every variable at its longest. */
export function filledLengthMax(step: Pick<StepSpec, "args" | "env">, each: Each | null): number {
  let length = 0;
  for (const template of [...step.args, ...Object.keys(step.env), ...Object.values(step.env)]) {
    length += template.length;
    for (const name of variablesOf(template)) length += longestValue(name, each);
  }
  return length;
}

function longestValue(name: string, each: Each | null): number {
  const axis = each?.kind === "matrix" ? each.axes.find((candidate) => `item.${candidate.name}` === name) : undefined;
  return axis === undefined
    ? NUMBER_LENGTH
    : axis.values.reduce((longest, value) => Math.max(longest, value.length), 0);
}

/** Digits and sign of the largest number that a variable can stand for. */
const NUMBER_LENGTH = 17;

function programOf(
  step: StepSpec,
  task: {
    readonly variables: Readonly<Record<string, string>>;
    readonly inputs: readonly ArtifactRef[];
    readonly seed: number;
  },
): TaskProgram {
  const variables: Readonly<Record<string, string>> = { ...task.variables, seed: String(task.seed) };
  const fill = (template: string): string =>
    fillTemplate(template, (name) => present(variables[name], `variable ${name}`));
  return {
    runtimeClass: step.runtimeClass,
    program: step.program,
    ...(step.root === undefined ? {} : { root: step.root }),
    args: step.args.map(fill),
    env: Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, fill(value)])),
    inputs: task.inputs,
    outputs: step.outputs,
    seed: task.seed,
    limits: step.limits,
  };
}
