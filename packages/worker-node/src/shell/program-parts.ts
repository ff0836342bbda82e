// How an executor is given a task's program: as bytes, in parts where it never holds a program whole, or as the name of an image to pull.
import type { ArtifactStore } from "@starling/node-kit";
import { type ArtifactRef, isImageName, parseImageName } from "@starling/protocol";
import type { Executor, TaskRun } from "./executors/executor.ts";
import type { MemoryCache } from "./memory-cache.ts";

/** Where programs are, and who runs them. */
interface ProgramDeps {
  readonly artifacts: ArtifactStore;
  readonly memory: MemoryCache;
  readonly executor: Executor;
}

type ProgramParts = Pick<TaskRun, "program" | "programContent" | "programDigest" | "image">;

/** The parts of a run that are its program. Throws `ArtifactError`. */
export async function programParts(
  program: ArtifactRef,
  { artifacts, memory, executor }: ProgramDeps,
): Promise<ProgramParts> {
  const { name, cid, size } = program;
  const image = isImageName(name) ? parseImageName(name) : null;
  if (executor.readsParts !== true || image !== null) {
    const named = image?.ok === true ? { image: image.value } : {};
    return { program: await memory.read(program), programDigest: cid, ...named };
  }
  const read = (from = 0, to = size): AsyncIterable<Uint8Array> =>
    artifacts.open(cid, { offset: from, length: to - from });
  return { program: new Uint8Array(), programDigest: cid, programContent: { size, read } };
}
