// Checkpoints and their terms, between their plain form and the wire.
import type { Checkpoint, CheckpointTerms } from "../checkpoint.ts";
import type * as wire from "../generated/starling/v1/work.ts";
import { limits } from "../limits.ts";
import { cidBytes, readCid, readInteger, readList, readPositive } from "./read.ts";

/** The wire form of a checkpoint. */
export function checkpointToWire({ step, cid, size }: Checkpoint): wire.Checkpoint {
  return { step: BigInt(step), cid: cidBytes(cid), size: BigInt(size) };
}

/** A checkpoint; throws `WireError`. */
export function checkpointFromWire(found: wire.Checkpoint, path: string): Checkpoint {
  return {
    step: readInteger(found.step, `${path}.step`),
    cid: readCid(found.cid, `${path}.cid`),
    size: readPositive(found.size, `${path}.size`, limits.checkpointBytes),
  };
}

/** What is told of an attempt's checkpoints; nothing where there is none. Throws `WireError`. */
export function checkpointsFromWire(
  found: readonly wire.Checkpoint[],
  path: string,
): { readonly checkpoints?: readonly Checkpoint[] } {
  if (found.length === 0) return {};
  return { checkpoints: readList({ items: found, path, max: limits.checkpointsTold }, checkpointFromWire) };
}

/** The wire form of a task's terms. */
export function termsToWire({ bytes, everyMs, graceMs }: CheckpointTerms): wire.CheckpointTerms {
  return { bytes: BigInt(bytes), everyMs: BigInt(everyMs), graceMs: BigInt(graceMs) };
}

/** A task's terms; throws `WireError`. */
export function termsFromWire(found: wire.CheckpointTerms, path: string): CheckpointTerms {
  return {
    bytes: readPositive(found.bytes, `${path}.bytes`, limits.checkpointBytes),
    everyMs: readPositive(found.everyMs, `${path}.everyMs`, limits.checkpointEveryMsMax),
    graceMs: readInteger(found.graceMs, `${path}.graceMs`, limits.checkpointGraceMsMax),
  };
}
