// From a job file to everything that a submission needs, without sending anything yet.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import {
  budgetProblem,
  type Cid,
  filesOf,
  formatImageName,
  imageNameFile,
  type JobDocument,
  type JobSpec,
  parseJobDocument,
  type ResolvedFile,
  specHash,
  toJobSpec,
  usualBudget,
} from "@starling/protocol";
import { hashFile, type LocalFile, reasonOf } from "./artifacts.ts";
import { StarlingError } from "./call-error.ts";
import type { StarlingClient } from "./client.ts";
import { programProblem } from "./program-check.ts";

/** A job that is ready to be signed. */
export interface PreparedJob {
  readonly document: JobDocument;
  readonly spec: JobSpec;
  readonly specHash: ReturnType<typeof specHash>;
  /** Most that the job may cost over all, base units: what the document says, or what all replicas cost at its cap. */
  readonly budget: bigint;
  /** Local files that the coordinator must get. */
  readonly files: readonly LocalFile[];
}

/** Finds the size of a file that is named by its content id alone. */
export type SizeLookup = (cid: Cid) => Promise<number>;

/** Reads a job file, hashes every local file that it names, and checks what can be checked here. */
export async function prepareJob(path: string, sizeOf: SizeLookup): Promise<PreparedJob> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new StarlingError("invalidSpec", `cannot read the job file ${path}: ${reasonOf(cause)}`, { cause });
  });
  const parsed = parseJobDocument(text);
  if (!parsed.ok) {
    const fields = parsed.problems.map((problem) => ({ field: problem.path, description: problem.message }));
    throw new StarlingError("invalidSpec", `${path} is not a job that can be submitted`, { fields });
  }
  const { document } = parsed;
  const resolved = new Map<string, ResolvedFile>();
  const files: LocalFile[] = [];
  for (const { key, source } of filesOf(document)) {
    if (source.kind === "cid") {
      resolved.set(key, { cid: source.cid, size: await sizeOf(source.cid) });
      continue;
    }
    if (source.kind === "image") {
      const { cid, size, bytes } = imageNameFile(source.name);
      resolved.set(key, { cid, size });
      files.push({ cid, size, bytes, path: formatImageName(source.name) });
      continue;
    }
    const file = {
      ...(await hashFile(resolve(dirname(path), source.path))),
      path: resolve(dirname(path), source.path),
    };
    resolved.set(key, { cid: file.cid as Cid, size: file.size });
    files.push(file);
  }
  await checkPrograms(document, dirname(path));
  const spec = toJobSpec(document, resolved);
  const budget = document.budget.max ?? usualBudget(spec, document.budget.perTask);
  const problem = budgetProblem(spec, { max: budget, perTask: document.budget.perTask });
  if (problem !== null) throw new StarlingError("budgetTooSmall", problem);
  return { document, spec, specHash: specHash(spec), budget, files };
}

async function checkPrograms({ map, reduce }: JobDocument, folder: string): Promise<void> {
  const fields: { field: string; description: string }[] = [];
  for (const [field, step] of [["run", map] as const, ...(reduce === null ? [] : [["reduce.run", reduce] as const])]) {
    const { engine, program, root } = step.run;
    const used = [
      { use: engine, name: engine, source: program },
      { use: "root" as const, name: `${engine}.root`, source: root },
    ];
    for (const { use, name, source } of used) {
      if (source?.kind !== "path") continue;
      const problem = await programProblem(use, resolve(folder, source.path));
      if (problem !== null) fields.push({ field: `${field}.${name}`, description: `${source.path} ${problem}` });
    }
  }
  if (fields.length > 0) throw new StarlingError("invalidSpec", "no worker could run this job's program", { fields });
}

/** Asks a coordinator for the sizes of files that it holds. */
export function sizesFrom(client: StarlingClient): SizeLookup {
  return async (cid) => {
    const { missing, sizes } = await client.artifacts.hasArtifacts({ cids: [cid] });
    if (missing.length > 0) {
      throw new StarlingError(
        "artifactNotFound",
        `the coordinator does not hold ${cid}: name the file by its path once, so that it is uploaded`,
      );
    }
    return Number(sizes[0] ?? 0n);
  };
}
