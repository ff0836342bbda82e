// The schema of a canonical spec: what a coordinator takes from a stranger instead of trusting the submitter's parser.
import { z } from "zod";
import { isCid } from "../content-id.ts";
import { filledLengthMax, knownVariables, taskCount } from "../expand.ts";
import { isAddress } from "../hex.ts";
import { parseHost } from "../host.ts";
import type { Address, Cid } from "../ids.ts";
import { imageRefProblem, isImageName } from "../image-name.ts";
import type { Each, JobSpec, StepSpec } from "../job.ts";
import { limits } from "../limits.ts";
import { type Parsed, parsed, unparsed } from "../parsed.ts";
import { variablesOf } from "../template.ts";
import { archSchema, integerSchema, nameSchema, outputPathSchema, templateSchema } from "./fields.ts";
import { gpuProblem } from "./gpu-step.ts";
import { pathOf } from "./problem.ts";
import { canonicalTrust, comparedOutputs } from "./trust-schema.ts";

const MEBIBYTE = 1024 * 1024;

// Everything is strict: an unknown member would be hashed by the submitter and lost by us.
const artifact = z.strictObject({
  name: nameSchema,
  cid: z.custom<Cid>((value) => typeof value === "string" && isCid(value), { error: "must be a content id" }),
  size: integerSchema(0, limits.artifactBytes),
});

/** What a step runs: a file, or the file that stands for an image which workers pull. */
const program = artifact.extend({
  name: z.union([nameSchema, z.string().refine(isImageName)], {
    error: "is neither the name of a file nor of an image",
  }),
});

const host = z.string().refine((text) => {
  const read = parseHost(text);
  return read.ok && read.value === text;
}, "must be a host in its one form, such as api.example.org:443");

const needs = z.strictObject({
  cpuCores: integerSchema(1, limits.cpuCores),
  memoryBytes: integerSchema(MEBIBYTE, limits.memoryBytes),
  diskBytes: integerSchema(0, limits.diskBytes),
  gpu: z
    .strictObject({
      count: integerSchema(1, limits.gpus),
      vramBytes: integerSchema(0, limits.vramBytes),
      arch: z.array(archSchema).max(limits.gpuArchs),
    })
    .nullable(),
  hosts: z.array(host).min(1).max(limits.hosts).optional(),
});

const bounds = z.strictObject({
  timeoutMs: integerSchema(limits.timeoutMsMin, limits.timeoutMsMax),
  memoryBytes: integerSchema(MEBIBYTE, limits.memoryBytes),
  outputBytes: integerSchema(0, limits.outputBytes),
  logBytes: integerSchema(0, limits.logBytes),
  fuel: integerSchema(1, limits.fuel).optional(),
  nan: z.literal("canonical").optional(),
  checkpoint: z
    .strictObject({
      bytes: integerSchema(1, limits.checkpointBytes),
      everyMs: integerSchema(limits.checkpointEveryMsMin, limits.checkpointEveryMsMax),
      graceMs: integerSchema(0, limits.checkpointGraceMsMax),
    })
    .optional(),
});

const step = z.strictObject({
  runtimeClass: z.enum(["wasm", "cpu", "cpu-image", "cpu-root", "gpu", "gpu-tolerant"], {
    error: "must be wasm, cpu, cpu-image, cpu-root, gpu or gpu-tolerant",
  }),
  program,
  root: artifact.optional(),
  args: z.array(templateSchema).max(limits.args),
  env: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
        .max(limits.envNameLength),
      templateSchema,
    )
    .refine((env) => Object.keys(env).length <= limits.envVars, { error: `has at most ${limits.envVars} entries` }),
  outputs: z.array(z.strictObject({ name: nameSchema, path: outputPathSchema })).max(limits.outputs),
  needs,
  limits: bounds,
});

const axisValue = z.string().max(limits.axisValueLength);
const axisName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,31}$/);

const each = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("single") }),
  z.strictObject({ kind: z.literal("range"), first: z.number().int(), last: z.number().int() }),
  z.strictObject({
    kind: z.literal("matrix"),
    axes: z
      .array(z.strictObject({ name: axisName, values: z.array(axisValue).min(1).max(limits.axisValues) }))
      .min(1)
      .max(limits.matrixAxes),
    exclude: z.array(z.record(axisName, axisValue)).max(limits.matrixExcludes),
  }),
]);

const spec = z.strictObject({
  version: z.literal(1),
  map: step,
  each,
  inputs: z.array(artifact).max(limits.jobInputs),
  reduce: step.nullable(),
  seed: integerSchema(0, limits.seedMax),
  trust: canonicalTrust,
  referees: z
    .array(z.custom<Address>((value) => typeof value === "string" && isAddress(value), { error: "must be an address" }))
    .min(1)
    .max(limits.referees)
    .optional(),
});

/** Checks a canonical spec; the problem names the first field that is wrong. */
export function readJobSpec(found: unknown): Parsed<JobSpec> {
  const outcome = spec.safeParse(found);
  if (!outcome.success) {
    const [issue] = outcome.error.issues;
    const path = pathOf((issue?.path ?? []).map((part) => (typeof part === "number" ? part : String(part))));
    return unparsed(`${path === "" ? "the spec" : path}: ${issue?.message ?? "is malformed"}`);
  }
  const { referees, ...rest } = outcome.data;
  const read: JobSpec = referees === undefined ? rest : { ...rest, referees };
  const problem =
    eachProblem(read.each) ??
    imageProblem(read) ??
    stepProblem(read) ??
    hostsProblem(read) ??
    gpuProblem(read) ??
    nameProblem(read);
  return problem === null ? parsed(read) : unparsed(problem);
}

// The number of cells comes first: counting what is left of an endless matrix would take for ever.
function eachProblem(found: Each): string | null {
  if (found.kind === "single") return null;
  if (found.kind === "range") {
    const safe = Number.isSafeInteger(found.first) && Number.isSafeInteger(found.last) && found.last >= found.first;
    return safe && found.last - found.first < limits.tasks
      ? null
      : `each: a range counts up, over at most ${limits.tasks} tasks`;
  }
  const cells = found.axes.reduce((product, axis) => product * axis.values.length, 1);
  if (cells > limits.tasks) return `each: a matrix has at most ${limits.tasks} cells`;
  if (found.axes.some(({ values }) => new Set(values).size !== values.length))
    return "each: a value stands twice in an axis";
  if (new Set(found.axes.map(({ name }) => name)).size !== found.axes.length) return "each: two axes have one name";
  return taskCount(found) === 0 ? "each: every cell is excluded" : null;
}

function imageProblem({ map, reduce }: JobSpec): string | null {
  const problem = imageRefProblem(map.program, map.runtimeClass);
  if (problem !== null) return `map.program ${problem}`;
  const inReduce = reduce === null ? null : imageRefProblem(reduce.program, reduce.runtimeClass);
  return inReduce === null ? null : `reduce.program ${inReduce}`;
}

function stepProblem(read: JobSpec): string | null {
  if (read.reduce?.limits.checkpoint !== undefined) return "reduce: only map tasks keep checkpoints";
  if (read.map.limits.checkpoint !== undefined && read.map.runtimeClass !== "cpu")
    return "map: only class cpu keeps checkpoints";
  for (const [name, step] of [["map", read.map] as const, ["reduce", read.reduce] as const]) {
    if (step !== null && (step.root !== undefined) !== (step.runtimeClass === "cpu-root"))
      return `${name}: class cpu-root has a root file system, and no other class has`;
  }
  if (countsSteps(read.map)) return "map: limits.fuel and limits.nan are only for class wasm";
  if (read.reduce !== null && countsSteps(read.reduce))
    return "reduce: limits.fuel and limits.nan are only for class wasm";
  const unknown = unknownVariable(read.map, knownVariables(read.each));
  if (unknown !== null) return `map: there is no variable ${unknown}`;
  if (filledLengthMax(read.map, read.each) > limits.stepTextLength)
    return "map: arguments and environment are too long";
  if (read.reduce === null) return null;
  if (filledLengthMax(read.reduce, null) > limits.stepTextLength)
    return "reduce: arguments and environment are too long";
  const inReduce = unknownVariable(read.reduce, ["index", "seed"]);
  if (inReduce !== null) return `reduce: there is no variable ${inReduce}`;
  if (read.map.outputs.length === 0) return "reduce: the map step has no outputs";
  const outputs = new Set(read.map.outputs.map(({ name }) => name));
  const clash = read.inputs.find(({ name }) => outputs.has(name));
  if (clash !== undefined) return `reduce: an input and an output are both named ${clash.name}`;
  const inputs = read.inputs.length + taskCount(read.each) * outputs.size;
  return inputs > limits.taskInputs ? `reduce: it would read ${inputs} files, more than ${limits.taskInputs}` : null;
}

function hostsProblem({ map, reduce }: JobSpec): string | null {
  for (const { needs: asked, runtimeClass } of reduce === null ? [map] : [map, reduce]) {
    if (asked.hosts === undefined) continue;
    if (!["cpu-image", "gpu", "gpu-tolerant"].includes(runtimeClass)) return "needs.hosts: only containers reach hosts";
    if (asked.hosts.some((host, i, all) => i > 0 && host <= (all[i - 1] ?? "")))
      return "needs.hosts: hosts are sorted, each once";
  }
  return null;
}

// Two specs of one meaning would have two hashes: nothing but the rewriter of WebAssembly can keep these.
function countsSteps({ runtimeClass, limits: bound }: StepSpec): boolean {
  return runtimeClass !== "wasm" && (bound.fuel !== undefined || bound.nan !== undefined);
}

function unknownVariable(found: StepSpec, known: readonly string[]): string | null {
  const used = [...found.args, ...Object.values(found.env)].flatMap(variablesOf);
  return used.find((name) => !known.includes(name)) ?? null;
}

// Equal names would make one file hide another, and two specs of one meaning.
function nameProblem(read: JobSpec): string | null {
  const lists = [read.inputs, read.map.outputs, read.reduce?.outputs ?? []];
  for (const list of lists) {
    const names = list.map(({ name }) => name);
    if (names.some((name, i) => i > 0 && name <= (names[i - 1] ?? "")))
      return "inputs and outputs are sorted by name, each name once";
  }
  const known = new Set([...read.map.outputs, ...(read.reduce?.outputs ?? [])].map(({ name }) => name));
  const unknown = comparedOutputs(read.trust).find((name) => !known.has(name));
  if (unknown !== undefined) return `trust.compare: there is no output ${unknown}`;
  const { referees } = read;
  const sorted = referees === undefined || referees.every((one, i) => i === 0 || one > (referees[i - 1] ?? ""));
  return sorted ? null : "referees are sorted, each once";
}
