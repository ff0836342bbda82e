// The `each` part of a document: axes, excludes and ranges, checked against each other.
import { z } from "zod";
import { taskCount } from "../expand.ts";
import type { Each, MatrixAxis } from "../job.ts";
import { limits } from "../limits.ts";
import { integerSchema } from "./fields.ts";
import { suggestion } from "./problem.ts";

const AXIS_NAME = /^[A-Za-z][A-Za-z0-9_]{0,31}$/;
const BIG = 2 ** 40;

const scalar = z
  .union([z.string(), z.number().transform(String), z.boolean().transform(String)], {
    error: "must be text, a number, true or false",
  })
  .refine((text) => text.length <= limits.axisValueLength && !text.includes("\0"), {
    error: `has at most ${limits.axisValueLength} characters`,
  });

const bounds = z.tuple([integerSchema(-BIG, BIG), integerSchema(-BIG, BIG)], {
  error: "must be two whole numbers, first and last, such as [0, 99]",
});

const axis = z
  .union([z.array(scalar), z.strictObject({ range: bounds })], {
    error: (issue) => axisMessage(issue.input),
  })
  .transform((values, context): readonly string[] => {
    if (Array.isArray(values)) return values;
    const [first, last] = values.range;
    if (last < first || last - first >= limits.axisValues) {
      context.addIssue({ code: "custom", message: `a range counts up, over at most ${limits.axisValues} values` });
      return z.NEVER;
    }
    return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
  });

const shape = z.object({
  matrix: z.record(z.string(), axis, { error: "must be a map from names to lists of values" }).optional(),
  exclude: z.array(z.record(z.string(), scalar), { error: "must be a list of maps from axes to values" }).optional(),
  range: bounds.optional(),
});

type EachShape = z.infer<typeof shape>;
type Report = (path: readonly (string | number)[], message: string) => void;

/** Reads `each`; what contradicts itself is reported at the place that is wrong. */
export const eachSchema = shape.transform((each, context): Each => {
  let failed = false;
  const report: Report = (path, message) => {
    failed = true;
    context.addIssue({ code: "custom", path: [...path], message });
  };
  const read = readEach(each, report);
  if (failed || read === null) return z.NEVER;
  checkCount(read, report);
  return read;
});

function readEach(each: EachShape, report: Report): Each | null {
  if (each.matrix !== undefined && each.range !== undefined) {
    report(["range"], "each has either a matrix or a range, not both");
    return null;
  }
  if (each.range !== undefined) {
    const [first, last] = each.range;
    if (each.exclude !== undefined) report(["exclude"], "only a matrix has excludes");
    if (last < first) report(["range"], "the first number of a range is not above the last");
    return { kind: "range", first, last };
  }
  if (each.matrix === undefined) {
    report([], "each has a matrix or a range; leave it out for a single task");
    return null;
  }
  const axes = Object.entries(each.matrix).map(([name, values]): MatrixAxis => ({ name, values }));
  checkAxes(axes, report);
  checkExcludes(axes, each.exclude ?? [], report);
  return { kind: "matrix", axes, exclude: each.exclude ?? [] };
}

function checkAxes(axes: readonly MatrixAxis[], report: Report): void {
  if (axes.length === 0 || axes.length > limits.matrixAxes) {
    report(["matrix"], `a matrix has from 1 to ${limits.matrixAxes} axes`);
  }
  for (const { name, values } of axes) {
    const path = ["matrix", name];
    if (!AXIS_NAME.test(name))
      report(path, `"${name}" is not a name for an axis: a letter, then letters, digits and underscores`);
    if (values.length === 0) report(path, "an axis has at least one value");
    if (values.length > limits.axisValues) report(path, `an axis has at most ${limits.axisValues} values`);
    const twice = firstRepeated(values);
    if (twice !== undefined) report(path, `the value "${twice}" stands twice: each value is one task, so name it once`);
  }
}

function firstRepeated(values: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return values.find((value) => seen.size === seen.add(value).size);
}

function checkExcludes(
  axes: readonly MatrixAxis[],
  exclude: readonly Readonly<Record<string, string>>[],
  report: Report,
): void {
  if (exclude.length > limits.matrixExcludes)
    report(["exclude"], `there are at most ${limits.matrixExcludes} excludes`);
  for (const [i, entry] of exclude.entries()) {
    if (Object.keys(entry).length === 0) report(["exclude", i], "an exclude names at least one axis");
    for (const [name, value] of Object.entries(entry)) {
      const found = axes.find((candidate) => candidate.name === name);
      const path = ["exclude", i, name];
      if (found === undefined) {
        const known = axes.map((candidate) => candidate.name);
        report(path, `the matrix has no axis "${name}"${suggestion(name, known)}`);
      } else if (!found.values.includes(value)) {
        report(path, `the axis has no value "${value}"${suggestion(value, found.values)}`);
      }
    }
  }
}

function checkCount(each: Each, report: Report): void {
  // The cells before the excludes bound the work of counting, so they are checked before anything is counted.
  const cells = each.kind === "matrix" ? each.axes.reduce((product, axis) => product * axis.values.length, 1) : 0;
  const count = cells > limits.tasks ? cells : taskCount(each);
  if (count > limits.tasks) report([], `that makes ${count} tasks; a job has at most ${limits.tasks}`);
  if (count === 0) report(["exclude"], "every cell of the matrix is excluded, so no task is left");
}

function axisMessage(found: unknown): string {
  const kind = typeof found === "object" && found !== null ? Object.keys(found)[0] : undefined;
  if (kind === "logspace" || kind === "linspace")
    return `${kind} is not there yet; list the values, such as [0.001, 0.01, 0.1]`;
  return "must be a list of values such as [0.1, 0.2], or {range: [0, 9]}";
}
