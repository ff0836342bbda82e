// The parts that several messages of the work stream share: files, programs, frame signatures, leases by name.
import type * as wire from "../generated/starling/v1/work.ts";
import { fromHex } from "../hex.ts";
import type { LeaseId } from "../ids.ts";
import { imageRefProblem, isImageName } from "../image-name.ts";
import { limits } from "../limits.ts";
import type { ArtifactRef, FrameSignature, TaskProgram } from "../work-message.ts";
import { runtimeClasses } from "../worker-record.ts";
import { termsFromWire, termsToWire } from "./checkpoint-codec.ts";
import {
  cidBytes,
  readCid,
  readFileName,
  readHash,
  readInteger,
  readList,
  readLog,
  readOneOf,
  readPart,
  readPath,
  readPositive,
  readSignature,
} from "./read.ts";
import { WireError } from "./wire-error.ts";

/** A lease and its fencing token. */
export interface LeaseAttempt {
  readonly leaseId: LeaseId;
  readonly attempt: number;
}

/** The wire form of a lease by name. */
export function leaseAttemptToWire(lease: LeaseAttempt): wire.LeaseAttempt {
  return { leaseId: fromHex(lease.leaseId), attempt: lease.attempt };
}

/** A lease by name; throws `WireError`. */
export function leaseAttemptFromWire(found: wire.LeaseAttempt, path: string): LeaseAttempt {
  return {
    leaseId: readHash(found.leaseId, `${path}.leaseId`),
    attempt: readInteger(found.attempt, `${path}.attempt`, limits.uint32),
  };
}

/** The wire form of a frame signature. */
export function signatureToWire(signed: FrameSignature): wire.FrameSignature {
  return {
    root: fromHex(signed.root),
    count: signed.count,
    epoch: BigInt(signed.epoch),
    sequence: BigInt(signed.sequence),
    signature: fromHex(signed.signature),
  };
}

/** The signature of a frame; it must be over as many items as the frame holds, and over at least one. */
export function signatureFromWire(found: wire.FrameSignature | undefined, items: readonly unknown[]): FrameSignature {
  const signed = readPart(found, "signed");
  if (items.length === 0) throw new WireError("items", "is empty");
  if (signed.count !== items.length) throw new WireError("signed.count", `is ${signed.count}, not ${items.length}`);
  return {
    root: readHash(signed.root, "signed.root"),
    count: signed.count,
    epoch: readInteger(signed.epoch, "signed.epoch"),
    sequence: readInteger(signed.sequence, "signed.sequence"),
    signature: readSignature(signed.signature, "signed.signature"),
  };
}

/** The wire form of a file. */
export function fileToWire(file: ArtifactRef): wire.TaskFile {
  return { name: file.name, cid: cidBytes(file.cid), size: BigInt(file.size) };
}

/** A file whose name is safe below a directory; throws `WireError`. */
export function fileFromWire(found: wire.TaskFile, path: string): ArtifactRef {
  return {
    name: readFileName(found.name, `${path}.name`),
    cid: readCid(found.cid, `${path}.cid`),
    size: readInteger(found.size, `${path}.size`, limits.artifactBytes),
  };
}

// The name of an image that is pulled is no file name, and must be what the content id says.
function programFileFromWire({ program, runtimeClass }: wire.TaskProgram, path: string): ArtifactRef {
  const found = readPart(program, path);
  if (!isImageName(found.name)) return fileFromWire(found, path);
  const { cid, size } = fileFromWire({ ...found, name: "image" }, path);
  const read = { name: found.name, cid, size };
  const problem = imageRefProblem(read, runtimeClass);
  if (problem !== null) throw new WireError(path, problem);
  return read;
}

/** The wire form of what a task runs. */
export function programToWire(task: TaskProgram): wire.TaskProgram {
  return {
    runtimeClass: task.runtimeClass,
    program: fileToWire(task.program),
    root: task.root === undefined ? undefined : fileToWire(task.root),
    args: [...task.args],
    env: { ...task.env },
    inputs: task.inputs.map(fileToWire),
    outputs: task.outputs.map(({ name, path }) => ({ name, path })),
    seed: BigInt(task.seed),
    timeoutMs: BigInt(task.limits.timeoutMs),
    memoryBytes: BigInt(task.limits.memoryBytes),
    outputBytes: BigInt(task.limits.outputBytes),
    logBytes: BigInt(task.limits.logBytes),
    fuel: BigInt(task.limits.fuel ?? 0),
    canonicalNans: task.limits.nan === "canonical",
    ...(task.limits.checkpoint === undefined ? {} : { checkpoint: termsToWire(task.limits.checkpoint) }),
  };
}

/** What a task runs, every bound checked; throws `WireError`. */
export function programFromWire(found: wire.TaskProgram, path: string): TaskProgram {
  return {
    runtimeClass: readOneOf(found.runtimeClass, runtimeClasses, `${path}.runtimeClass`),
    program: programFileFromWire(found, `${path}.program`),
    ...(found.root === undefined ? {} : { root: fileFromWire(found.root, `${path}.root`) }),
    args: readList({ items: found.args, path: `${path}.args`, max: limits.args }, readArgument),
    env: environmentFromWire(found.env, `${path}.env`),
    inputs: readList({ items: found.inputs, path: `${path}.inputs`, max: limits.taskInputs }, fileFromWire),
    outputs: readList({ items: found.outputs, path: `${path}.outputs`, max: limits.outputs }, (output, at) => ({
      name: readFileName(output.name, `${at}.name`),
      path: readPath(output.path, `${at}.path`),
    })),
    seed: readInteger(found.seed, `${path}.seed`, limits.seedMax),
    limits: {
      timeoutMs: readPositive(found.timeoutMs, `${path}.timeoutMs`, limits.timeoutMsMax),
      memoryBytes: readInteger(found.memoryBytes, `${path}.memoryBytes`, limits.memoryBytes),
      outputBytes: readInteger(found.outputBytes, `${path}.outputBytes`, limits.outputBytes),
      logBytes: readInteger(found.logBytes, `${path}.logBytes`, limits.logBytes),
      ...(found.fuel === 0n ? {} : { fuel: readPositive(found.fuel, `${path}.fuel`, limits.fuel) }),
      ...(found.canonicalNans ? { nan: "canonical" as const } : {}),
      ...(found.checkpoint === undefined ? {} : { checkpoint: termsFromWire(found.checkpoint, `${path}.checkpoint`) }),
    },
  };
}

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function environmentFromWire(found: Readonly<Record<string, string>>, path: string): Readonly<Record<string, string>> {
  const entries = Object.entries(found);
  if (entries.length > limits.envVars) throw new WireError(path, `has more than ${limits.envVars} entries`);
  for (const [name, value] of entries) {
    if (name.length > limits.envNameLength || !ENV_NAME.test(name)) throw new WireError(path, "has a bad name");
    readArgument(value, `${path}.${name}`);
  }
  return Object.fromEntries(entries);
}

// Templates are filled in by now, so that an argument may be longer than its template by the values in it.
function readArgument(text: string, path: string): string {
  if (text.includes("\0")) throw new WireError(path, "has a zero character");
  return readLog(text, path, 4 * limits.argLength);
}
