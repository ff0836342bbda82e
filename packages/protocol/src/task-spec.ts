// What a task is, as one hash: everything that affects its result, bound to its place in the job.
import type { CheckpointTerms } from "./checkpoint.ts";
import { taggedDigest } from "./digest.ts";
import type { TaskSpecHash } from "./ids.ts";
import type { TaskPlace } from "./job-id.ts";
import type { TaskProgram } from "./work-message.ts";

/** SHA-256 over the canonical task. Built field by field: an object that carries more still has the same hash. */
export function taskSpecHash(place: TaskPlace, program: TaskProgram): TaskSpecHash {
  return taggedDigest("task", {
    jobId: place.jobId,
    step: place.step,
    index: place.index,
    program: canonicalProgram(program),
  });
}

/** The program with exactly the fields that are hashed. */
export function canonicalProgram(program: TaskProgram): TaskProgram {
  const { timeoutMs, memoryBytes, outputBytes, logBytes, fuel, nan, checkpoint } = program.limits;
  return {
    runtimeClass: program.runtimeClass,
    program: artifact(program.program),
    ...(program.root === undefined ? {} : { root: artifact(program.root) }),
    args: program.args,
    env: program.env,
    inputs: program.inputs.map(artifact),
    outputs: program.outputs.map(({ name, path }) => ({ name, path })),
    seed: program.seed,
    limits: {
      timeoutMs,
      memoryBytes,
      outputBytes,
      logBytes,
      ...(fuel === undefined ? {} : { fuel }),
      ...(nan === undefined ? {} : { nan }),
      ...(checkpoint === undefined ? {} : { checkpoint: canonicalTerms(checkpoint) }),
    },
  };
}

function canonicalTerms({ bytes, everyMs, graceMs }: CheckpointTerms): CheckpointTerms {
  return { bytes, everyMs, graceMs };
}

// Only what is hashed: a reference that carries more must not change the hash.
function artifact(ref: TaskProgram["program"]): TaskProgram["program"] {
  return { name: ref.name, cid: ref.cid, size: ref.size };
}
