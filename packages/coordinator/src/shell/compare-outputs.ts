// Feeds the bytes of two answers to the comparators of their job, chunk by chunk from the store.
import { setImmediate as otherWork } from "node:timers/promises";
import type { ArtifactStore } from "@starling/node-kit";
import {
  type Cid,
  type ComparedOutput,
  type ComparedSide,
  comparedChunkBytes,
  comparison,
  type OutputComparison,
} from "@starling/protocol";
import type { CoordinatorEffect } from "../core/index.ts";

type CompareOutputs = Extract<CoordinatorEffect, { type: "compareOutputs" }>;

/** What comparing needs of its surroundings. */
export interface CompareParts {
  readonly artifacts: Pick<ArtifactStore, "open">;
  readonly signal: AbortSignal;
}

/** Measures every output that is asked for. What cannot be read counts as different and says why; throws only when it is told to stop. */
export async function compareOutputs(effect: CompareOutputs, parts: CompareParts): Promise<readonly ComparedOutput[]> {
  const measured: ComparedOutput[] = [];
  for (const { output, comparator, reference, answer } of effect.outputs) {
    const chunks = { reference: chunksOf(reference.cid, parts), answer: chunksOf(answer.cid, parts) };
    try {
      measured.push({ output, ...(await measure(comparison(comparator), chunks)) });
    } catch (error) {
      parts.signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      measured.push({ output, equal: false, distances: null, problem: `its bytes cannot be read: ${why}` });
    } finally {
      await Promise.all(Object.values(chunks).map((side) => side.return(undefined)));
    }
  }
  return measured;
}

type Chunks = Readonly<Record<ComparedSide, AsyncGenerator<Uint8Array>>>;

// The store gives out larger pieces than the event loop should stand still for.
async function* chunksOf(cid: Cid, { artifacts, signal }: CompareParts): AsyncGenerator<Uint8Array> {
  for await (const piece of artifacts.open(cid, undefined, { signal })) {
    for (let at = 0; at < piece.length; at += comparedChunkBytes) {
      await otherWork(undefined, { signal });
      yield piece.subarray(at, at + comparedChunkBytes);
    }
  }
}

async function measure(comparing: ReturnType<typeof comparison>, chunks: Chunks): Promise<OutputComparison> {
  let step = comparing.next();
  while (step.done !== true) {
    const { done, value } = await chunks[step.value].next();
    step = comparing.next(done === true ? null : value);
  }
  return step.value;
}
