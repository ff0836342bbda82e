// From a document and the content ids of its files to the spec that is hashed, signed and submitted.
import { present } from "@starling/kernel";
import { formatAmount } from "../amount.ts";
import { taggedDigest } from "../digest.ts";
import { taskCount } from "../expand.ts";
import type { Cid, Hash } from "../ids.ts";
import { formatImageName } from "../image-name.ts";
import type { JobSpec, StepSpec } from "../job.ts";
import { limits } from "../limits.ts";
import { auditsReserved } from "../trust/audits.ts";
import { trustTable } from "../trust/constants.ts";
import { trustTerms } from "../trust/terms.ts";
import type { ArtifactRef } from "../work-message.ts";
import type { ArtifactSource, JobDocument, RunDocument, RunEngine, StepDocument } from "./document.ts";

/** A file that a document names, under the key by which `toJobSpec` asks for it. */
export interface DocumentFile {
  /** `run`, `run.root`, the same below `reduce`, or `inputs.<name>`. */
  readonly key: string;
  readonly source: ArtifactSource;
}

/** What is known of a file once it was read or looked up. */
export interface ResolvedFile {
  readonly cid: Cid;
  readonly size: number;
}

/** Every file that a document names. */
export function filesOf(document: JobDocument): readonly DocumentFile[] {
  const files: DocumentFile[] = [...programFiles("run", document.map)];
  if (document.reduce !== null) files.push(...programFiles("reduce.run", document.reduce));
  for (const { name, source } of document.inputs) files.push({ key: `inputs.${name}`, source });
  return files;
}

function programFiles(key: string, { run }: StepDocument): readonly DocumentFile[] {
  const program = { key, source: run.program };
  return run.root === undefined ? [program] : [program, { key: `${key}.root`, source: run.root }];
}

/** The spec; asserts that every file of `filesOf` is resolved. Inputs and outputs are in the order of their names. */
export function toJobSpec(document: JobDocument, resolved: ReadonlyMap<string, ResolvedFile>): JobSpec {
  const ref = (key: string, name: string): ArtifactRef => {
    const { cid, size } = present(resolved.get(key), `the file ${key}`);
    return { name, cid, size };
  };
  const programRefs = (key: string, { run }: StepDocument): ProgramRefs => ({
    program: ref(key, nameOf(run)),
    ...(run.root === undefined ? {} : { root: ref(`${key}.root`, "root.tar") }),
  });
  const { reduce, referees } = document;
  return {
    version: 1,
    map: stepSpec(document.map, programRefs("run", document.map)),
    each: document.each,
    inputs: document.inputs.map(({ name }) => ref(`inputs.${name}`, name)).sort(byName),
    reduce: reduce === null ? null : stepSpec(reduce, programRefs("reduce.run", reduce)),
    seed: document.seed,
    trust: document.trust,
    ...(referees.length === 0 ? {} : { referees: [...new Set(referees)].sort() }),
  };
}

/** What the payer's order commits to. */
export function specHash(spec: JobSpec): Hash {
  return taggedDigest("spec", spec);
}

/** All tasks of a job, the reduce task included. */
export function totalTasks(spec: Pick<JobSpec, "each" | "reduce">): number {
  return taskCount(spec.each) + (spec.reduce === null ? 0 : 1);
}

/** The least that pays, at the given cap, for every replica of every task and for the audits that may be drawn; base units. */
export function minimumBudget(spec: Pick<JobSpec, "each" | "reduce" | "trust">, perTask: bigint): bigint {
  const terms = trustTerms(spec.trust);
  const tasks = totalTasks(spec);
  return (BigInt(tasks) * BigInt(terms.replicas) + auditsReserved(terms, tasks)) * perTask;
}

/** The budget of a job whose document names none, in base units: the least and some slack. */
export function usualBudget(spec: Pick<JobSpec, "each" | "reduce" | "trust">, perTask: bigint): bigint {
  const least = minimumBudget(spec, perTask);
  const slack = trustTable.slackLeases.value * perTask;
  return slack < least ? least + slack : 2n * least;
}

/** Null when the budget suffices, or a sentence that says by how much it does not: the code is `budgetTooSmall`. */
export function budgetProblem(
  spec: Pick<JobSpec, "each" | "reduce" | "trust">,
  budget: { readonly max: bigint; readonly perTask: bigint },
): string | null {
  const least = minimumBudget(spec, budget.perTask);
  // Money of its own opens the escrow, and workers have prices.
  if (budget.max === 0n) return `the budget of ${formatAmount(0n)} pays nobody; raise budget.max and budget.perTask`;
  if (budget.max >= least) return null;
  const terms = trustTerms(spec.trust);
  const tasks = totalTasks(spec);
  const audits = auditsReserved(terms, tasks);
  const replicas = `${count(BigInt(tasks), "task")} x ${count(BigInt(terms.replicas), "replica")}`;
  const sum = `(${replicas} + ${count(audits, "audit")} in reserve) x ${formatAmount(budget.perTask)}`;
  const short = formatAmount(least - budget.max);
  return `the budget of ${formatAmount(budget.max)} is ${short} short of ${formatAmount(least)}, ${sum}; what is not spent comes back; raise budget.max or lower budget.perTask`;
}

function count(number: bigint, what: string): string {
  return `${number} ${number === 1n ? what : `${what}s`}`;
}

// The local name of a program changes nothing, so it stays out of the digest.
const programName: Readonly<Record<RunEngine, string>> = {
  wasm: "program.wasm",
  process: "program",
  image: "image.tar",
};

// An image that is pulled is named by what is pulled: the owners of workers decide by it.
function nameOf({ engine, program }: RunDocument): string {
  return program.kind === "image" ? formatImageName(program.name) : programName[engine];
}

type ProgramRefs = Pick<StepSpec, "program" | "root">;

function stepSpec(step: StepDocument, refs: ProgramRefs): StepSpec {
  const { run, runtimeClass, needs, outputs, timeoutMs, fuel, nan, checkpoint } = step;
  return {
    runtimeClass,
    ...refs,
    args: run.args,
    env: run.env,
    outputs: [...outputs].sort(byName),
    needs,
    // A task may leave no more behind than it has disk for, and by default less.
    limits: {
      timeoutMs,
      memoryBytes: needs.memoryBytes,
      outputBytes: Math.min(limits.outputBytesDefault, Math.max(needs.diskBytes, limits.inlineBytes)),
      logBytes: limits.logBytes,
      ...(fuel === null ? {} : { fuel }),
      ...(nan === "any" ? {} : { nan }),
      ...(checkpoint === null ? {} : { checkpoint }),
    },
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
