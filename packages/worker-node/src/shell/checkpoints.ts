// Checkpoints between a sandbox and the artifact store: each is one file, named by what is in it.
import type { ArtifactStore } from "@starling/node-kit";
import { type Checkpoint, type CheckpointTerms, limits } from "@starling/protocol";
import { packCheckpoint, unpackCheckpoint } from "./executors/checkpoints/archive.ts";
import type { CheckpointFiles } from "./executors/executor.ts";
import type { BlobPeer } from "./ports.ts";

/** Where checkpoints are kept and come from. */
export interface CheckpointParts {
  readonly artifacts: ArtifactStore;
  readonly peer: BlobPeer;
}

/**
 * The files that a run goes on from; undefined where it begins at the beginning, as it does whenever its checkpoint can't be had: that is
 * slower, and no worse.
 */
export async function openCheckpoint(
  { artifacts, peer }: CheckpointParts,
  { resume, terms }: { readonly resume: Checkpoint | undefined; readonly terms: CheckpointTerms | undefined },
  signal: AbortSignal,
): Promise<CheckpointFiles | undefined> {
  if (resume === undefined || terms === undefined || resume.size > archiveMax(terms)) return undefined;
  const { cid, size, step } = resume;
  artifacts.pin(cid);
  try {
    if (artifacts.stat(cid) === null) await peer.fetch(cid, size, signal);
    const found = unpackCheckpoint(await artifacts.readAll(cid, size));
    return found.step === step ? found : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    artifacts.unpin(cid);
  }
}

/** Keeps checkpoints as they were found, by rising step. One that is too large to be told is left out. */
export async function keepCheckpoints(
  artifacts: ArtifactStore,
  found: readonly CheckpointFiles[],
): Promise<readonly Checkpoint[]> {
  const kept: Checkpoint[] = [];
  for (const files of found) {
    const bytes = packCheckpoint(files);
    if (bytes.length > limits.checkpointBytes) continue;
    const { cid, size } = await artifacts.put(bytes, { durable: false });
    kept.push({ step: files.step, cid, size });
  }
  return kept;
}

function archiveMax({ bytes }: CheckpointTerms): number {
  return Math.min(limits.checkpointBytes, bytes + limits.checkpointListBytes);
}
