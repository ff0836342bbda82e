// Which engine a document's `run` chooses, which class follows from it, and what of the rest makes no sense with it.
import { present } from "@starling/kernel";
import type { RuntimeClass } from "../worker-record.ts";
import type { RunDocument, RunEngine } from "./document.ts";
import type { Problem } from "./problem.ts";
import type { DocumentShape } from "./schema.ts";

/** The part of a document that describes a step. */
type StepShape = Pick<DocumentShape, "run" | "class" | "needs" | "limits">;

/**
 * Results of WebAssembly are the same everywhere, those of others among machines of equal calibration: for a process, that names the owner's
 * libraries too, while an image brings its own.
 */
const classOf: Readonly<Record<RunEngine, RuntimeClass>> = { wasm: "wasm", process: "cpu", image: "cpu-image" };

const engines = ["wasm", "process", "image"] as const;

/** Everything in the document that does not fit its engines. */
export function engineProblems(shape: StepShape & Pick<DocumentShape, "reduce" | "checkpoint">): readonly Problem[] {
  const problems = [...stepProblems(shape, "")];
  const { process } = shape.run;
  if (shape.checkpoint !== null && (process === undefined || process.root !== undefined))
    problems.push({
      path: "checkpoint",
      message: "only processes without a root of their own keep checkpoints so far: use run.process, or leave it out",
    });
  return shape.reduce === null ? problems : [...problems, ...stepProblems(shape.reduce, "reduce.")];
}

function stepProblems({ run, class: chosen, needs, limits }: StepShape, at: string): readonly Problem[] {
  const named = engines.filter((one) => run[one] !== undefined);
  if (named.length === 0)
    return [{ path: `${at}run.wasm`, message: "is missing: name a program here, or in run.process or run.image" }];
  if (named.length > 1)
    return [{ path: `${at}run`, message: `has both ${named.join(" and ")}; a step runs one program` }];
  const problems: Problem[] = [];
  const engine = engineOf(run);
  const follows = classIn({ run, class: chosen, needs });
  if (chosen !== undefined && chosen !== follows) {
    const keys = follows === "cpu-root" ? "run.process.root" : `run.${engine}`;
    problems.push({ path: `${at}class`, message: `must be ${follows} with ${keys}; leave it out` });
  }
  if (needs.gpu !== null && engine !== "image")
    problems.push({ path: `${at}needs.gpu`, message: "only containers have GPUs: use run.image, or leave it out" });
  if (needs.hosts !== undefined && engine !== "image")
    problems.push({ path: `${at}needs.hosts`, message: "only containers reach hosts: use run.image, or leave it out" });
  if (engine === "wasm") return problems;
  const only = "only WebAssembly has that; leave it out";
  if (limits.fuel !== null) problems.push({ path: `${at}limits.fuel`, message: `counts steps: ${only}` });
  if (limits.nan !== "any") problems.push({ path: `${at}limits.nan`, message: `rewrites the program: ${only}` });
  return problems;
}

/** The program and its class; the shape must be one without `engineProblems`. */
export function runOf(step: StepShape): { readonly run: RunDocument; readonly runtimeClass: RuntimeClass } {
  const { wasm, process, image, args, env } = step.run;
  const { run } = step;
  const engine = engineOf(run);
  const program = wasm ?? process?.program ?? present(image, "a program");
  const root = process?.root === undefined ? {} : { root: process.root };
  return { run: { engine, program, ...root, args, env }, runtimeClass: classIn(step) };
}

/**
 * With a root file system of its own a process computes with the payer's libraries, whatever the owner has. What an image computes on GPUs is
 * equal among GPUs of one kind alone, so that answers of others can only be compared within bounds, where the payer says so.
 */
function classIn({ run, class: chosen, needs }: Pick<StepShape, "run" | "class" | "needs">): RuntimeClass {
  if (run.image !== undefined && needs.gpu !== null) return chosen === "gpu-tolerant" ? chosen : "gpu";
  return run.process?.root === undefined ? classOf[engineOf(run)] : "cpu-root";
}

function engineOf(run: StepShape["run"]): RunEngine {
  return present(
    engines.find((one) => run[one] !== undefined),
    "a program",
  );
}
