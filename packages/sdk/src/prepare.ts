// From a job file to everything that a submission needs, without sending anything yet.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import {
  budgetProblem,
  type Cid,
  filesOf,
  type JobDocument,
  type JobSpec,
  minimumBudget,
  parseJobDocument,
  type ResolvedFile,
  specHash,
  toJobSpec,
} from "@starling/protocol";
import { type FileContent, hashFile } from "./artifacts.ts";
import { StarlingError } from "./call-error.ts";

/** A job that is ready to be signed. */
export interface PreparedJob {
  readonly document: JobDocument;
  readonly spec: JobSpec;
  readonly specHash: ReturnType<typeof specHash>;
  /** Most that the job may cost over all, base units: what the document says, or what all replicas cost at its cap. */
  readonly budget: bigint;
  /** Local files that the coordinator must get. */
  readonly files: readonly (FileContent & { readonly path: string })[];
}

/** Reads a job file, hashes every local file that it names, and checks what can be checked here. */
export async function prepareJob(path: string): Promise<PreparedJob> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new StarlingError(
      "invalidSpec",
      `cannot read the job file ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });
  const parsed = parseJobDocument(text);
  if (!parsed.ok) {
    const fields = parsed.problems.map((problem) => ({ field: problem.path, description: problem.message }));
    throw new StarlingError("invalidSpec", `${path} is not a job that can be submitted`, { fields });
  }
  const { document } = parsed;
  const resolved = new Map<string, ResolvedFile>();
  const files: (FileContent & { path: string })[] = [];
  for (const { key, source } of filesOf(document)) {
    if (source.kind === "cid") {
      throw new StarlingError(
        "notSupportedYet",
        `${key}: a file by content id needs its size too, which the command line cannot look up yet; name a local file`,
      );
    }
    const file = {
      ...(await hashFile(resolve(dirname(path), source.path))),
      path: resolve(dirname(path), source.path),
    };
    resolved.set(key, { cid: file.cid as Cid, size: file.size });
    files.push(file);
  }
  const spec = toJobSpec(document, resolved);
  const budget = document.budget.max ?? minimumBudget(spec, document.budget.perTask);
  const problem = budgetProblem(spec, { max: budget, perTask: document.budget.perTask });
  if (problem !== null) throw new StarlingError("budgetTooSmall", problem);
  return { document, spec, specHash: specHash(spec), budget, files };
}
